using Moesaic.Formats;
using Moesaic.Kernels;

namespace Moesaic.Methods.Conversion;

/// <summary>From what into what a model is written anew.</summary>
public sealed record ConversionOptions
{
    /// <summary>A Hugging Face folder or a GGUF file; never changed.</summary>
    public required string Input { get; init; }

    /// <summary>A path that ends with .gguf, or a folder.</summary>
    public required string Output { get; init; }

    /// <summary>How matrices are stored; null: as they are, in a folder as the plain type that comes closest.</summary>
    public WeightEncoding? Encoding { get; init; }

    /// <summary>How the embedding table and the head are stored in a GGUF file; null: as the other matrices.</summary>
    public WeightEncoding? Embeddings { get; init; }

    /// <summary>Replace an output that is there.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Whether the output is a GGUF file.</summary>
    public bool ToGguf => Output.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);

    /// <summary>Refuses what no conversion could do.</summary>
    /// <exception cref="BadRequestException">The output is the input, or is there already.</exception>
    public void Validate()
    {
        if (Path.GetFullPath(Input) == Path.GetFullPath(Output))
            throw new BadRequestException($"{Output} is the input, which is never changed; choose another output.");
        if (!ToGguf) return;
        if (Directory.Exists(Output)) throw new BadRequestException($"{Output} is a folder; choose another output.");
        if (File.Exists(Output) && !Overwrite)
            throw new BadRequestException($"{Output} exists already; choose another output or ask for it to be overwritten.");
    }

    /// <summary>The encoding of a name such as q4_k, in either case.</summary>
    /// <exception cref="BadRequestException">There is none; the message lists those that can be written.</exception>
    public static WeightEncoding Parse(string option, string name)
    {
        foreach (var encoding in Enum.GetValues<WeightEncoding>())
            if (encoding.Name().Equals(name, StringComparison.OrdinalIgnoreCase)) return encoding;
        throw new BadRequestException($"{option} {name}: there is no such encoding; there are "
            + $"{string.Join(", ", Enum.GetValues<WeightEncoding>().Where(e => e.CanEncode()).Select(e => e.Name().ToLowerInvariant()))}.");
    }
}
