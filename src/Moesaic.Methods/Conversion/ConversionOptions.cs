using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Compression.Plans;
using Moesaic.Models;
using Moesaic.Models.Loading;

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

    /// <summary>
    /// The layout to write a folder in, by the name of <see cref="Models.Architectures.IArchitecture.ModelType"/>; null: of a GGUF file the
    /// most standard one that holds the model.
    /// </summary>
    public string? Layout { get; init; }

    /// <summary>A prune plan, what it does not keep is left out; null: everything is kept.</summary>
    public string? Plan { get; init; }

    /// <summary>With a plan: the part of the experts that goes, as the plan ranks them; null: what the plan decided.</summary>
    public double? Ratio { get; init; }

    /// <summary>What of the input is read; null: all.</summary>
    internal ExpertSelection? Selection() => new ModelVariant { Plan = Plan, Ratio = Ratio }.Selection();

    /// <summary>Replace an output that is there.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Whether the output is a GGUF file.</summary>
    public bool ToGguf => Output.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);

    /// <summary>Opens what is converted.</summary>
    internal StoredWeights Open() =>
        Selection() is { } selection ? new SelectedWeights(StoredWeights.Open(Input), selection) : StoredWeights.Open(Input);

    /// <summary>Refuses what no conversion could do.</summary>
    /// <exception cref="BadRequestException">The output is the input, or is there already.</exception>
    public void Validate()
    {
        if (Path.GetFullPath(Input) == Path.GetFullPath(Output))
            throw new BadRequestException($"{Output} is the input, which is never changed; choose another output.");
        if (!ToGguf) return;
        if (Layout is not null) throw new BadRequestException("--layout has no meaning for a GGUF file: its architecture follows from the model.");
        if (Directory.Exists(Output)) throw new BadRequestException($"{Output} is a folder; choose another output.");
        if (File.Exists(Output) && !Overwrite)
            throw new BadRequestException($"{Output} exists already; choose another output or ask for it to be overwritten.");
    }

    /// <summary>The type that the encoding asks a folder to have, or null.</summary>
    /// <exception cref="BadRequestException">No folder can have it.</exception>
    public TensorType? FolderType()
    {
        if (Embeddings is not null)
            throw new BadRequestException("--embeddings has no meaning for a folder: all weights of one are of one type.");
        return Encoding switch
        {
            null => null,
            WeightEncoding.F32 => TensorType.F32,
            WeightEncoding.F16 => TensorType.F16,
            WeightEncoding.BF16 => TensorType.BF16,
            var other => throw new BadRequestException(
                $"A folder cannot hold {other.Value.Name()}; choose f32, f16 or bf16, or write a .gguf file."),
        };
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
