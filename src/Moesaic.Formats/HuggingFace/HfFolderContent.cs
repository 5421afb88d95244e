using System.Text.Json.Nodes;

namespace Moesaic.Formats;

/// <summary>What a model folder is to hold.</summary>
public sealed class HfFolderContent
{
    /// <summary>config.json; see <see cref="HfConfigSpelling"/> for the keys with two spellings.</summary>
    public required JsonObject Config { get; init; }

    /// <summary>The weights in the order wanted in the files; delivered one after another.</summary>
    public required IReadOnlyList<TensorSource> Tensors { get; init; }

    /// <summary>Name of the one weights file where it is not that of a model; it is then never divided.</summary>
    public string? WeightsName { get; init; }

    /// <summary>
    /// A model folder whose tokenizer, templates, generation config and licence are copied; null copies nothing.
    /// </summary>
    public string? SideFilesFrom { get; init; }

    /// <summary>More files: relative name to bytes. They win over side files of the same name.</summary>
    public IReadOnlyDictionary<string, byte[]> ExtraFiles { get; init; } =
        new Dictionary<string, byte[]>(StringComparer.Ordinal);

    /// <summary>The text of README.md; null writes none.</summary>
    public string? ModelCard { get; init; }

    /// <summary>Strings for <c>__metadata__</c> of each weights file, beside <c>format: pt</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal);
}
