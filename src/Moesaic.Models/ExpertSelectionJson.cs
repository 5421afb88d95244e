using System.Text.Json;
using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models;

/// <summary>
/// An <see cref="ExpertSelection"/> as JSON: {"layers": [{"layer": 0, "experts": [3, 1], "keeps_router": true}, {"layer": 1, "drops_feed_forward": true}]}; a
/// layer that is not listed goes, one without "experts" keeps all.
/// </summary>
public static class ExpertSelectionJson
{
    /// <summary>Writes; defaults are left out.</summary>
    public static JsonObject Write(ExpertSelection selection) => new()
    {
        ["layers"] = new JsonArray([.. selection.Layers.Select(layer =>
        {
            var json = new JsonObject { ["layer"] = layer.Layer };
            if (layer.Experts is { } experts) json["experts"] = new JsonArray([.. experts.Select(e => (JsonNode)e)]);
            if (layer.KeepsRouter) json["keeps_router"] = true;
            if (layer.DropsFeedForward) json["drops_feed_forward"] = true;
            return json;
        })]),
    };

    /// <summary>Reads.</summary>
    /// <param name="json">As <see cref="Write"/> makes it.</param>
    /// <param name="source">Where it comes from, for messages.</param>
    /// <exception cref="BadModelException">A key is missing, unknown or wrong.</exception>
    public static ExpertSelection Read(JsonObject json, string source)
    {
        if (json["layers"] is not JsonArray layers || json.Count != 1) throw new BadModelException($"{source}: needs a list \"layers\" and nothing else.");
        return new([.. layers.Select((layer, i) =>
        {
            var config = HfConfig.From(layer as JsonObject ?? throw new BadModelException($"{source}: layers[{i}] is no object."), $"{source}: layers[{i}]");
            var read = new LayerSelection(config.Int("layer"))
            {
                Experts = config.Has("experts") ? config.Ints("experts") : null, KeepsRouter = config.BoolOr("keeps_router", false),
                DropsFeedForward = config.BoolOr("drops_feed_forward", false),
            };
            return config.Unread.FirstOrDefault() is { } unknown ? throw config.Bad(unknown, "is not a key of a kept layer") : read;
        })]);
    }

    /// <summary>Reads a file whose whole content, or whose object "selection", is a selection.</summary>
    /// <exception cref="BadRequestException">There is no such file, or it holds no selection.</exception>
    public static ExpertSelection ReadFile(string path)
    {
        if (!File.Exists(path)) throw new BadRequestException($"{path}: there is no such file.");
        try
        {
            var json = JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject ?? throw new JsonException("not an object");
            return Read(json["selection"] as JsonObject ?? json, path);
        }
        catch (Exception e) when (e is JsonException or BadModelException)
        {
            throw new BadRequestException($"{path} holds no plan of what is kept: {e.Message}", e);
        }
    }
}
