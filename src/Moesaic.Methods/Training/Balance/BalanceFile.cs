using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Methods.Training.Balance;

/// <summary>
/// balance.json in a model folder: what controllers of the balance remember that no tensor of the model holds, so that a later training goes
/// on where this one ended. Numbers are float32 and come back to the bit.
/// </summary>
static class BalanceFile
{
    public const string Name = "balance.json";

    static readonly JsonSerializerOptions Layout = new() { WriteIndented = true };

    /// <summary>The file's name and bytes; none when there is nothing to remember.</summary>
    public static Dictionary<string, byte[]> Write(TrainingBalance balance)
    {
        var file = new JsonObject();
        foreach (var (name, value) in balance.Beside) file[name] = new JsonArray([.. value.Span.ToArray().Select(v => JsonValue.Create(v))]);
        return file.Count == 0 ? [] : new(StringComparer.Ordinal) { [Name] = Encoding.UTF8.GetBytes(file.ToJsonString(Layout) + "\n") };
    }

    /// <summary>Takes up what an earlier training left.</summary>
    /// <param name="balance">Of the new run.</param>
    /// <param name="folder">The model as it was received.</param>
    /// <param name="note">Told what was taken and what not.</param>
    /// <exception cref="BadModelException">The file is damaged or belongs to a model with other layers.</exception>
    public static void Read(TrainingBalance balance, string folder, Action<string> note)
    {
        var path = Path.Combine(folder, Name);
        if (!File.Exists(path)) return;
        var file = Values(path);
        foreach (var (name, value) in balance.Beside)
        {
            if (!file.Remove(name, out var numbers)) continue;
            if (numbers.Length != value.Count)
                throw new BadModelException($"{path}: {name} has {numbers.Length} numbers and the model needs {value.Count}; it belongs to another model. " +
                    "Delete the file to begin anew.");
            numbers.CopyTo(value.Span);
            note($"{name} goes on from {Name}");
        }
        foreach (var name in file.Keys) note($"{Name}: {name} is not used by this step");
    }

    static Dictionary<string, float[]> Values(string path)
    {
        try
        {
            using var file = JsonDocument.Parse(File.ReadAllBytes(path));
            var values = new Dictionary<string, float[]>(StringComparer.Ordinal);
            foreach (var list in file.RootElement.EnumerateObject()) values[list.Name] = [.. list.Value.EnumerateArray().Select(v => v.GetSingle())];
            if (values.Values.All(v => v.All(float.IsFinite))) return values;
        }
        // Not JSON; not lists; not numbers.
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
        }
        throw new BadModelException($"{path}: not a list of finite numbers for each name, as training writes it. Delete the file to begin anew.");
    }
}
