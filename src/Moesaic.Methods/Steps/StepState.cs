using System.Text.Json;
using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Methods.Reports;

namespace Moesaic.Methods.Steps;

/// <summary>
/// What a step's folder was made from; state.json. A step is taken up again, or its result reused, only when all of this
/// is equal.
/// </summary>
sealed record StepState
{
    public required string Verb { get; init; }

    /// <summary>Version of the tool: another version may compute other bytes.</summary>
    public required string Tool { get; init; }

    public required ulong Seed { get; init; }

    public required JsonObject Options { get; init; }

    /// <summary>Name of each input to its fingerprint; the checkpoint read is "model".</summary>
    public required SortedDictionary<string, string> Inputs { get; init; }

    public bool Finished { get; init; }

    internal static StepState? Load(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), ReportJson.Default.StepState);
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            var folder = Path.GetDirectoryName(path);
            throw new BadRequestException($"{path} is damaged ({e.Message}); delete the folder {folder} and run again.", e);
        }
    }

    internal void Save(string path) =>
        AtomicFile.WriteText(path, JsonSerializer.Serialize(this, ReportJson.Default.StepState) + "\n");

    /// <summary>What is not as it was, in words: "options.experts was 8 and is 4".</summary>
    internal IReadOnlyList<string> DifferencesFrom(StepState earlier)
    {
        var changes = new List<string>();
        Compare("step", earlier.Verb, Verb);
        if (changes.Count > 0) return changes;
        Compare("tool version", earlier.Tool, Tool);
        Compare("seed", FormattableString.Invariant($"{earlier.Seed}"), FormattableString.Invariant($"{Seed}"));
        var (was, now) = (Flatten("", earlier.Options), Flatten("", Options));
        foreach (var key in was.Keys.Union(now.Keys).Order(StringComparer.Ordinal))
            Compare(key, was.GetValueOrDefault(key), now.GetValueOrDefault(key));
        foreach (var name in earlier.Inputs.Keys.Union(Inputs.Keys).Order(StringComparer.Ordinal))
        {
            if (earlier.Inputs.GetValueOrDefault(name) != Inputs.GetValueOrDefault(name))
                changes.Add($"the content of input '{name}' is another");
        }
        return changes;

        void Compare(string what, string? before, string? after)
        {
            if (!string.Equals(before, after, StringComparison.Ordinal))
                changes.Add($"{what} was {before ?? "absent"} and is {after ?? "absent"}");
        }
    }

    static Dictionary<string, string> Flatten(string path, JsonNode? node)
    {
        var leaves = new Dictionary<string, string>(StringComparer.Ordinal);
        Walk(path, node);
        return leaves;

        void Walk(string at, JsonNode? value)
        {
            var dot = at.Length == 0 ? "" : ".";
            if (value is JsonObject { Count: > 0 } map)
                foreach (var (key, child) in map) Walk(at + dot + key, child);
            else if (value is JsonArray { Count: > 0 } list && list.Any(i => i is JsonObject or JsonArray))
                for (var i = 0; i < list.Count; i++) Walk(FormattableString.Invariant($"{at}{dot}{i}"), list[i]);
            else
                leaves[at] = value?.ToJsonString() ?? "null";
        }
    }
}
