using Moesaic.Formats;
using Moesaic.Models.Architectures;

namespace Moesaic.Models.Loading;

/// <summary>How <see cref="ModelFolder.Save(Model, string, SaveOptions, System.Threading.CancellationToken)"/> writes.</summary>
public sealed record SaveOptions
{
    /// <summary>Stored number type. Default bfloat16.</summary>
    public TensorType Type { get; init; } = TensorType.BF16;

    /// <summary>
    /// The model as it is stored elsewhere: matrices of experts that are encoded there, in a way that the written layout has a place for, are copied block by block. All
    /// else, and everything when this is null, is stored as <see cref="Type"/>. Not owned.
    /// </summary>
    public StoredWeights? Encoded { get; init; }

    /// <summary>Folder whose tokenizer, generation config and templates are carried along, or null.</summary>
    public string? SideFilesFrom { get; init; }

    /// <summary>More files, such as a split plan: relative name to bytes.</summary>
    public IReadOnlyDictionary<string, byte[]> ExtraFiles { get; init; } = new Dictionary<string, byte[]>(StringComparer.Ordinal);

    /// <summary>Text of README.md, or null.</summary>
    public string? ModelCard { get; init; }

    /// <summary>The layout to write, or null for the most standard one that fits.</summary>
    public string? ModelType { get; init; }

    /// <summary>Shards, overwriting, progress.</summary>
    public HfFolderOptions Folder { get; init; } = new();
}

/// <summary>What was written.</summary>
/// <param name="Architecture">The layout.</param>
/// <param name="WeightBytes">Bytes of all tensors.</param>
/// <param name="Refused">Why more standard layouts were not taken.</param>
public sealed record SavedModel(IArchitecture Architecture, long WeightBytes, IReadOnlyList<string> Refused)
{
    /// <summary>The same as <see cref="Refused"/> in lines of a report.</summary>
    public IEnumerable<string> Notes => Refused.Select(reason => $"layout {Architecture.ModelType}: {reason}");

    /// <summary>Whether encoded experts were copied block by block (<see cref="SaveOptions.Encoded"/>).</summary>
    public bool KeptBlocks { get; init; }

    /// <summary>A line of a report if encoded weights became plain numbers, else nothing.</summary>
    /// <param name="source">What was read.</param>
    /// <param name="type">The numbers that were written.</param>
    /// <param name="why">Why it was not copied.</param>
    public IEnumerable<string> Decoded(StoredWeights source, TensorType type, string? why = null) => KeptBlocks || !source.AreEncoded
        ? [] : [$"encoded weights are written as {type}: {why ?? $"the layout {Architecture.ModelType} has no place for them"}"];
}
