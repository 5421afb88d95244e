using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>
/// Sliding windows in config.json: which layers have one, as each family says it. A window at least as long as the context hides
/// nothing and is read as none.
/// </summary>
static class WindowConfig
{
    const string Full = "full_attention", Sliding = "sliding_attention", Key = "sliding_window", Types = "layer_types", Used = "use_sliding_window";

    /// <summary>Refuses a window that would hide something, for families that have none.</summary>
    public static void Refuse(HfConfig config)
    {
        var used = config.BoolOr(Used, true);
        var window = used ? config.IntOrNull(Key) : null;
        if (Effective(config, window ?? 0) != 0)
            throw config.Bad(Key, $"is {window}, shorter than max_position_embeddings ({CommonConfig.Positions(config)}), "
                + "but this layout has no sliding windows");
        if (used && config.Has(Used) && window is null) throw config.Bad(Used, "is true, but this layout has no sliding windows");
        config.Accept(Key, "max_window_layers");
        if (config.ToJson()[Types] is JsonArray types && types.All(t => t?.ToString() == Full)) config.Accept(Types);
    }

    /// <summary>Mistral and Mixtral: every layer has the window, or none.</summary>
    /// <param name="config">The file.</param>
    /// <param name="absent">What the published class takes without the key; null, written out, is none.</param>
    public static Func<int, int> Everywhere(HfConfig config, int absent)
    {
        var stated = config.IntOrNull(Key, min: 1) ?? (config.ToJson().ContainsKey(Key) ? 0 : absent);
        var window = Effective(config, stated);
        if (config.Has(Used) && config.BoolOr(Used, true) != stated > 0)
            throw config.Bad(Used, $"contradicts {Key}; this layout has the latter alone");
        var names = config.ToJson()[Types] as JsonArray;
        if (names?.All(t => t?.ToString() == (window > 0 ? Sliding : Full)) == true) config.Accept(Types);
        return _ => window;
    }

    /// <summary>
    /// Qwen2 and Qwen3: with use_sliding_window the layers from max_window_layers on, or those that layer_types names.
    /// </summary>
    public static Func<int, int> ByLayer(HfConfig config)
    {
        const int DefaultWindow = 4096, DefaultLayers = 28;
        var used = config.BoolOr(Used, false);
        var stated = config.ToJson().ContainsKey(Key) ? config.IntOrNull(Key, min: used ? 1 : 0) ?? 0 : DefaultWindow;
        int window = Effective(config, used ? stated : 0), first = config.IntOr("max_window_layers", DefaultLayers);
        if (Named(config, config.Int("num_hidden_layers", min: 1)) is not { } sliding) return l => l >= first ? window : 0;
        if (sliding.Contains(true) && (!used || stated == 0))
            throw config.Bad(Types, $"names layers of {Sliding}, but {(used ? Key + " is null" : Used + " is not true")}");
        return l => sliding[l] ? window : 0;
    }

    /// <summary>Which layers layer_types names as sliding; null when there is no such key.</summary>
    public static bool[]? Named(HfConfig config, int layers)
    {
        if (!config.Has(Types)) return null;
        config.Accept(Types);
        var names = config.ToJson()[Types] as JsonArray ?? throw config.Bad(Types, "must be a list");
        if (names.Count != layers) throw config.Bad(Types, $"names {names.Count} layers of {layers}");
        return [.. names.Select(t => t?.ToString() switch
        {
            Full => false,
            Sliding => true,
            var other => throw config.Bad(Types, $"names \"{other}\", which is not supported (supported: {Full}, {Sliding})"),
        })];
    }

    /// <summary>0 when the window hides nothing.</summary>
    public static int Effective(HfConfig config, int window) => window < CommonConfig.Positions(config) ? window : 0;

    /// <summary>The shape with windows left out, for the question whether the rest of attention fits a layout.</summary>
    public static ModelSpec Without(ModelSpec spec) => spec with
    {
        Layers = [.. spec.Layers.Select(l => l with { Attention = l.Attention with { Window = 0 } })],
    };

    /// <summary>Why windows keep a shape out of a layout with one for all layers.</summary>
    public static string? DifferEverywhere(ModelSpec spec) =>
        spec.Layers.Any(l => l.Attention.Window != spec.Layers[0].Attention.Window) ? "some of its layers have a sliding window of their own" : null;

    /// <summary>Why windows keep a shape out of a layout where a layer has the window of all others or none.</summary>
    public static string? DifferByLayer(ModelSpec spec) =>
        spec.Layers.Select(l => l.Attention.Window).Where(w => w != 0).Distinct().Count() > 1 ? "its sliding windows have different lengths" : null;

    /// <summary>Writes what <see cref="Everywhere"/> reads.</summary>
    public static void WriteEverywhere(ModelSpec spec, JsonObject config) =>
        config[Key] = spec.Layers[0].Attention.Window is > 0 and var window ? window : null;

    /// <summary>Writes what <see cref="ByLayer"/> reads.</summary>
    public static void WriteByLayer(ModelSpec spec, JsonObject config)
    {
        var window = spec.Layers.Max(l => l.Attention.Window);
        config[Used] = window > 0;
        if (window == 0) return;
        config[Key] = window;
        var full = spec.Layers.TakeWhile(l => l.Attention.Window == 0).Count();
        config["max_window_layers"] = full;
        WriteTypes(spec, config);
    }

    /// <summary>Writes what <see cref="Named"/> reads.</summary>
    public static void WriteTypes(ModelSpec spec, JsonObject config) =>
        config[Types] = new JsonArray([.. spec.Layers.Select(l => (JsonNode)(l.Attention.Window > 0 ? Sliding : Full))]);
}
