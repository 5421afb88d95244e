using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>The keys of a router in our own layout, among those of what it routes to. Defaults are not written.</summary>
static class MoesaicRouter
{
    public static RouterSpec Read(HfConfig json, int experts)
    {
        var router = new RouterSpec
        {
            Experts = experts,
            Chosen = json.Int("num_experts_per_tok", min: 1),
            Key = Choice(json, "router_key", RouterKey.Token),
            Keys = json.IntOr("router_keys", 0),
            KeyWidth = json.IntOr("router_key_width", 0),
            Score = Choice(json, "score", RouterScore.Linear),
            ScoreWidth = json.IntOr("score_width", 0),
            HashSeed = json.Has("hash_seed") ? ReadSeed(json) : null,
            Norm = json.Section("logit_norm") is { } norm ? ReadNorm(norm) : null,
            Temperature = (float)json.NumberOr("temperature", 1),
            Noise = Choice(json, "noise", RouterNoise.None),
            NoiseDeviation = (float)json.NumberOr("noise_deviation", 0),
            Affinity = MoesaicLayout.Choice<RouterAffinity>(json, "affinity"),
            Selection = json.Section("selection") is { } selection ? ReadSelection(selection) : SelectionRule.TopK,
            Group = Choice(json, "routing_group", RoutingGroup.Sequence),
            Weight = MoesaicLayout.Choice<CombineWeight>(json, "combine_weight"),
            Scale = (float)json.NumberOr("scale", 1),
            RenormaliseAfterDrops = json.BoolOr("renormalise_after_drops", false),
            PassThrough = json.BoolOr("pass_through", false),
            Bias = json.BoolOr("router_bias", false),
            SelectionBias = json.BoolOr("selection_bias", false),
            Groups = json.Section("groups") is { } groups ? ReadGroups(groups) : null,
            Map = json.Section("probability_map") is { } map ? MoesaicPolicy.ReadMap(map) : null,
            Policy = json.Section("policy") is { } policy ? MoesaicPolicy.Read(policy) : null,
            Capacity = json.Section("capacity") is { } capacity ? ReadCapacity(capacity) : null,
            Training = json.Section("router_training") is { } training ? ReadTraining(training) : null,
        };
        router.Validate(json.Source);
        return router;
    }

    /// <summary>Adds the keys that <see cref="Read"/> reads.</summary>
    public static void Write(RouterSpec router, JsonObject json)
    {
        json["num_experts_per_tok"] = router.Chosen;
        json["affinity"] = MoesaicLayout.Name(router.Affinity);
        json["combine_weight"] = MoesaicLayout.Name(router.Weight);
        json["scale"] = CommonConfig.Number(router.Scale);
        if (router.Key != RouterKey.Token) json["router_key"] = MoesaicLayout.Name(router.Key);
        if (router.Keys != 0) json["router_keys"] = router.Keys;
        if (router.KeyWidth != 0) json["router_key_width"] = router.KeyWidth;
        if (router.Score != RouterScore.Linear) json["score"] = MoesaicLayout.Name(router.Score);
        if (router.ScoreWidth != 0) json["score_width"] = router.ScoreWidth;
        if (router.HashSeed is { } seed) json["hash_seed"] = seed.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (router.Bias) json["router_bias"] = true;
        if (router.Norm is { } norm)
            json["logit_norm"] = new JsonObject { ["factor"] = CommonConfig.Number(norm.Factor), ["deviation"] = MoesaicLayout.Name(norm.Deviation) };
        if (router.Temperature != 1) json["temperature"] = CommonConfig.Number(router.Temperature);
        if (router.Noise != RouterNoise.None) json["noise"] = MoesaicLayout.Name(router.Noise);
        if (router.NoiseDeviation != 0) json["noise_deviation"] = CommonConfig.Number(router.NoiseDeviation);
        if (router.SelectionBias) json["selection_bias"] = true;
        if (router.Selection != SelectionRule.TopK) json["selection"] = Write(router.Selection);
        if (router.Group != RoutingGroup.Sequence) json["routing_group"] = MoesaicLayout.Name(router.Group);
        if (router.Groups is { } groups)
        {
            var written = new JsonObject { ["count"] = groups.Count, ["kept"] = groups.Kept, ["score"] = MoesaicLayout.Name(groups.Score) };
            if (groups.PerGroup != 0) written["per_group"] = groups.PerGroup;
            json["groups"] = written;
        }
        if (router.RenormaliseAfterDrops) json["renormalise_after_drops"] = true;
        if (router.PassThrough) json["pass_through"] = true;
        if (router.Map is { } map) json["probability_map"] = MoesaicPolicy.Write(map);
        if (router.Policy is { } policy) json["policy"] = MoesaicPolicy.Write(policy);
        if (router.Capacity is { } capacity) json["capacity"] = Write(capacity);
        if (router.Training is { } training) json["router_training"] = Write(training);
    }

    static T Choice<T>(HfConfig json, string key, T otherwise) where T : struct, Enum =>
        json.Has(key) ? MoesaicLayout.Choice<T>(json, key) : otherwise;

    // Text: a number of JSON need not hold 64 bits.
    static ulong ReadSeed(HfConfig json) =>
        ulong.TryParse(json.Text("hash_seed"), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var seed)
            ? seed : throw json.Bad("hash_seed", "must be a whole number, as text");

    static LogitNorm ReadNorm(HfConfig json) => Whole(json,
        new LogitNorm((float)json.Number("factor"), MoesaicLayout.Choice<LogitDeviation>(json, "deviation")));

    static SelectionRule ReadSelection(HfConfig json) => Whole(json,
        new SelectionRule(MoesaicLayout.Choice<SelectionKind>(json, "kind")) { Threshold = (float)json.NumberOr("threshold", 0) });

    static JsonObject Write(SelectionRule rule)
    {
        var json = new JsonObject { ["kind"] = MoesaicLayout.Name(rule.Kind) };
        if (rule.Threshold != 0) json["threshold"] = CommonConfig.Number(rule.Threshold);
        return json;
    }

    static ExpertGroups ReadGroups(HfConfig json) => Whole(json,
        new ExpertGroups(json.Int("count", min: 1), json.Int("kept", min: 1), MoesaicLayout.Choice<GroupScore>(json, "score"))
        {
            PerGroup = json.IntOr("per_group", 0),
        });

    static CapacitySpec ReadCapacity(HfConfig json) => Whole(json, new CapacitySpec((float)json.Number("factor"))
    {
        PerChoice = json.BoolOr("per_choice", true),
        Rounding = MoesaicLayout.Choice<CapacityRounding>(json, "rounding"),
        Minimum = json.Int("minimum", min: 1),
        Multiple = json.Int("multiple", min: 1),
        Order = MoesaicLayout.Choice<CapacityOrder>(json, "order"),
        Overflow = MoesaicLayout.Choice<CapacityOverflow>(json, "overflow"),
    });

    static JsonObject Write(CapacitySpec capacity) => new()
    {
        ["factor"] = CommonConfig.Number(capacity.Factor),
        ["per_choice"] = capacity.PerChoice,
        ["rounding"] = MoesaicLayout.Name(capacity.Rounding),
        ["minimum"] = capacity.Minimum,
        ["multiple"] = capacity.Multiple,
        ["order"] = MoesaicLayout.Name(capacity.Order),
        ["overflow"] = MoesaicLayout.Name(capacity.Overflow),
    };

    static RouterTrainingVariant ReadTraining(HfConfig json) => Whole(json, new RouterTrainingVariant
    {
        InputJitter = (float)json.NumberOr("input_jitter", 0),
        Selection = json.Section("selection") is { } selection ? ReadSelection(selection) : null,
        Capacity = json.Section("capacity") is { } capacity ? ReadCapacity(capacity) : null,
    });

    static JsonObject Write(RouterTrainingVariant training)
    {
        var json = new JsonObject();
        if (training.InputJitter != 0) json["input_jitter"] = CommonConfig.Number(training.InputJitter);
        if (training.Selection is { } selection) json["selection"] = Write(selection);
        if (training.Capacity is { } capacity) json["capacity"] = Write(capacity);
        return json;
    }

    static T Whole<T>(HfConfig json, T read)
    {
        MoesaicLayout.RefuseUnread(json);
        return read;
    }
}
