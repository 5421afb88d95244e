using System.Text.Json;
using System.Text.Json.Serialization;
using Moesaic.Formats;

namespace Moesaic.Methods.Compression.Search;

/// <summary>A file per finished piece of a search, so that a search that was stopped goes on after it.</summary>
/// <param name="folder">Where, of one search alone: whoever gives it knows that model, text and options are the same; null: nothing is kept.</param>
sealed class SearchJournal(string? folder)
{
    /// <summary>What was found of a layer, or null.</summary>
    /// <param name="stage">Name of the part of the search.</param>
    /// <param name="layer">The layer.</param>
    public LayerChoice? Layer(string stage, int layer) => Read(stage, layer) is { } text ? JsonSerializer.Deserialize(text, SearchJson.Default.LayerChoice) : null;

    /// <summary>What was decided for a window, or null.</summary>
    public int[][]? Window(int layer) => Read("window", layer) is { } text ? JsonSerializer.Deserialize(text, SearchJson.Default.Int32ArrayArray) : null;

    /// <summary>Keeps what was found of a layer.</summary>
    public void Write(string stage, LayerChoice choice) => Write(stage, choice.Layer, JsonSerializer.Serialize(choice, SearchJson.Default.LayerChoice));

    /// <summary>Keeps what was decided for a window.</summary>
    public void Write(int layer, int[][] kept) => Write("window", layer, JsonSerializer.Serialize(kept, SearchJson.Default.Int32ArrayArray));

    string Place(string stage, int layer) => Path.Combine(folder!, FormattableString.Invariant($"{stage}-{layer:D4}.json"));

    string? Read(string stage, int layer) => folder is not null && File.Exists(Place(stage, layer)) ? File.ReadAllText(Place(stage, layer)) : null;

    void Write(string stage, int layer, string text)
    {
        if (folder is null) return;
        Directory.CreateDirectory(folder);
        AtomicFile.WriteText(Place(stage, layer), text + "\n");
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(LayerChoice))]
[JsonSerializable(typeof(int[][]))]
[JsonSerializable(typeof(LayerMap[]))]
sealed partial class SearchJson : JsonSerializerContext;
