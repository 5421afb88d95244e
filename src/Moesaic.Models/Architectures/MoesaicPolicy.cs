using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>
/// The objects "policy" and "probability_map" of a router in our own layout. Policies have the same keys in a file of their own
/// (<see cref="RoutingPolicyFile"/>).
/// </summary>
static class MoesaicPolicy
{
    public static RoutingPolicy Read(HfConfig json)
    {
        var policy = new RoutingPolicy
        {
            Chosen = json.IntOrNull("chosen", min: 1),
            Ratios = json.Has("ratios") ? ReadNumbers(json, "ratios") : [],
            Share = (float)json.NumberOr("share", 1),
            ShareOfAll = json.BoolOr("share_of_all", false),
            Threshold = (float)json.NumberOr("threshold", 0),
            Protection = json.Section("protection") is { } protection ? ReadProtection(protection) : null,
            Masked = json.Has("masked") ? json.Ints("masked") : [],
            Renormalise = json.Has("renormalise") ? json.BoolOr("renormalise", false) : null,
            RenormaliseAbsent = json.BoolOr("renormalise_absent", false),
        };
        MoesaicLayout.RefuseUnread(json);
        return policy;
    }

    /// <summary>Defaults are not written.</summary>
    public static JsonObject Write(RoutingPolicy policy)
    {
        var json = new JsonObject();
        if (policy.Chosen is { } chosen) json["chosen"] = chosen;
        if (policy.Ratios.Count > 0) json["ratios"] = Numbers(policy.Ratios);
        if (policy.Share != 1) json["share"] = CommonConfig.Number(policy.Share);
        if (policy.ShareOfAll) json["share_of_all"] = true;
        if (policy.Threshold != 0) json["threshold"] = CommonConfig.Number(policy.Threshold);
        if (policy.Protection is { } protection)
            json["protection"] = new JsonObject { ["protected"] = CommonConfig.Number(protection.Protected), ["dropped"] = CommonConfig.Number(protection.Dropped) };
        if (policy.Masked.Count > 0) json["masked"] = new JsonArray([.. policy.Masked.Select(e => (JsonNode)e)]);
        if (policy.Renormalise is { } renormalise) json["renormalise"] = renormalise;
        if (policy.RenormaliseAbsent) json["renormalise_absent"] = true;
        return json;
    }

    public static ProbabilityMap ReadMap(HfConfig json)
    {
        var map = new ProbabilityMap(json.Int("rows", min: 1), json.Int("columns", min: 1), ReadNumbers(json, "values"));
        MoesaicLayout.RefuseUnread(json);
        return map;
    }

    public static JsonObject Write(ProbabilityMap map) => new() { ["rows"] = map.Rows, ["columns"] = map.Columns, ["values"] = Numbers(map.Values) };

    static TokenProtection ReadProtection(HfConfig json)
    {
        var protection = new TokenProtection((float)json.Number("protected"), (float)json.NumberOr("dropped", 0));
        MoesaicLayout.RefuseUnread(json);
        return protection;
    }

    static float[] ReadNumbers(HfConfig json, string key)
    {
        json.Accept(key);
        if (json.ToJson()[key] is not JsonArray list) throw json.Bad(key, "must be a list of numbers");
        return [.. list.Select(n => n is JsonValue value && value.TryGetValue<double>(out var number) ? (float)number : throw json.Bad(key, "must be a list of numbers"))];
    }

    static JsonArray Numbers(IEnumerable<float> values) => new([.. values.Select(v => (JsonNode)CommonConfig.Number(v))]);
}
