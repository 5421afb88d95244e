using System.Text.Json;

namespace Moesaic.Formats;

/// <summary><c>model.safetensors.index.json</c>: which file of the folder holds which tensor.</summary>
sealed class ShardIndex
{
    internal const string FileName = "model.safetensors.index.json";

    ShardIndex(Dictionary<string, string> fileOf, long? totalSize)
    {
        FileOf = fileOf;
        TotalSize = totalSize;
    }

    /// <summary>Tensor name to file name.</summary>
    internal IReadOnlyDictionary<string, string> FileOf { get; }

    /// <summary>What the index says the tensors take together, if it says so.</summary>
    internal long? TotalSize { get; }

    /// <summary>The shards in ordinal order.</summary>
    internal IEnumerable<string> Files => FileOf.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    internal static ShardIndex Load(string path) => Of(StrictJson.LoadObject(path), path);

    internal static ShardIndex Of(JsonElement root, string path)
    {
        if (!root.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
            throw new BadModelException($"{path} has no weight_map object; it is not an index of safetensors shards.");
        var fileOf = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in map.EnumerateObject())
        {
            string file = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : "";
            if (!IsPlainFileName(file))
                throw new BadModelException($"{path}: weight_map sends tensor {entry.Name} to \"{file}\", "
                    + "which is not the plain name of a .safetensors file in the same folder.");
            fileOf.Add(entry.Name, file);
        }
        if (fileOf.Count == 0) throw new BadModelException($"{path}: weight_map is empty.");
        long? total = root.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object
            && metadata.TryGetProperty("total_size", out var size) && size.ValueKind == JsonValueKind.Number
            && size.TryGetInt64(out long value) ? value : null;
        return new ShardIndex(fileOf, total);
    }

    static bool IsPlainFileName(string name) =>
        name.EndsWith(".safetensors", StringComparison.Ordinal) && name[0] != '.'
        && !name.Any(c => c is '/' or '\\' or ':' || char.IsControl(c));
}
