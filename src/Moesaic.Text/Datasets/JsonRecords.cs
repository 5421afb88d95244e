using System.Text.Json;
using Moesaic.Formats;

namespace Moesaic.Text.Datasets;

/// <summary>The records of a JSON Lines file or of a JSON array, each with its place for messages.</summary>
static class JsonRecords
{
    public static IEnumerable<(JsonElement Record, string Where)> Read(string path) =>
        DatasetReader.Extension(path) == ".json" ? ReadArray(path) : ReadLines(path);

    static IEnumerable<(JsonElement Record, string Where)> ReadLines(string path)
    {
        foreach (var (number, line) in ByteLines.Read(path))
        {
            var where = $"{path}, line {number}";
            var text = line.Span.Trim(" \t\r\n"u8);
            if (!text.IsEmpty) yield return (StrictJson.Parse(text.ToArray(), where), where);
        }
    }

    static IEnumerable<(JsonElement Record, string Where)> ReadArray(string path)
    {
        var bytes = File.ReadAllBytes(path).AsMemory();
        if (bytes.Span.StartsWith("\uFEFF"u8)) bytes = bytes[3..];
        var root = StrictJson.Parse(bytes, path);
        if (root.ValueKind != JsonValueKind.Array)
            throw new BadModelException($"{path}: a .json dataset is an array of records, this is {StrictJson.Describe(root)}. " +
                "One record a line is JSON Lines; give that file the extension .jsonl.");
        var number = 0;
        foreach (var item in root.EnumerateArray())
        {
            number++;
            yield return (item, $"{path}, record {number}");
        }
    }
}
