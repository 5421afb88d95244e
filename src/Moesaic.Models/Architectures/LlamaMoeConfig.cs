using System.Text.Json;
using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Models.Experts;

namespace Moesaic.Models.Architectures;

/// <summary>Keys of LLaMA-MoE v1's config.json that are lists by layer, and those of its gate.</summary>
static class LlamaMoeConfig
{
    const string Gate = "TopKBalancedNoisyGate", Calculator = "UniversalCalculator";

    /// <summary>Refuses the gates, calculators and settings that no released model uses.</summary>
    public static void RefuseOthers(HfConfig config)
    {
        Only("gate_type", Gate);
        Only("calculator_type", Calculator);
        foreach (var key in new[] { "gate_use_softmax", "multiply_gate_scores" })
            if (!config.BoolOr(key, true)) throw config.Bad(key, "is false; only softmax weights that multiply the experts' outputs are supported");
        config.Refuse("add_weight_norm", "a learned scale of the experts' outputs is not supported");
        if (config.BoolOr("gate_add_noise", true) && config.NumberOr("gate_noise_epsilon", LearnedNoise.Floor) is var floor && (float)floor != LearnedNoise.Floor)
            throw config.Bad("gate_noise_epsilon", FormattableString.Invariant($"is {floor}; only {LearnedNoise.Floor} is supported"));
        // Of training, and of a calculator that drops tokens and is not this one.
        config.Accept("gate_use_balance", "gate_balance_loss_weight", "gate_noise_epsilon", "drop_tokens", "dropped_padding", "capacity_factor");

        void Only(string key, string supported)
        {
            if (config.TextOr(key, supported) is var found && found != supported)
                throw config.Bad(key, $"is \"{found}\"; only {supported} is supported");
        }
    }

    /// <summary>gate_network, which old files call gates.</summary>
    public static RouterScore Score(HfConfig config)
    {
        var key = config.Has("gate_network") ? "gate_network" : "gates";
        var name = config.TextOr(key, "mlp");
        if (key == "gate_network" && config.TextOr("gates", name) is var old && old != name)
            throw config.Bad("gates", $"is \"{old}\", but gate_network is \"{name}\"");
        return name switch
        {
            "mlp" => RouterScore.Mlp,
            "linear" => RouterScore.Linear,
            _ => throw config.Bad(key, $"is \"{name}\"; only mlp and linear are supported"),
        };
    }

    /// <summary>Adds the keys that <see cref="RefuseOthers"/> and <see cref="Score"/> read.</summary>
    public static void WriteGate(RouterSpec router, JsonObject config)
    {
        config["gate_type"] = Gate;
        config["gate_network"] = router.Score == RouterScore.Mlp ? "mlp" : "linear";
        config["gate_use_softmax"] = true;
        config["gate_use_balance"] = true;
        config["gate_balance_loss_weight"] = 0.01;
        config["gate_add_noise"] = router.Noise == RouterNoise.Learned;
        config["gate_noise_epsilon"] = CommonConfig.Number(LearnedNoise.Floor);
        config["calculator_type"] = Calculator;
        config["multiply_gate_scores"] = true;
        config["add_weight_norm"] = false;
    }

    /// <summary>A number for all layers, or a list with one for each; 1 when the key is absent.</summary>
    public static float[] Scales(HfConfig config, string key, int layers)
    {
        if (config.ToJson()[key] is not JsonArray list) return [.. Enumerable.Repeat((float)config.NumberOr(key, 1), layers)];
        config.Accept(key);
        if (list.Count != layers) throw config.Bad(key, $"lists {list.Count} numbers for {layers} layers");
        return [.. list.Select(n => n is JsonValue v && v.GetValueKind() == JsonValueKind.Number && v.TryGetValue(out double number)
            ? (float)number : throw config.Bad(key, "must hold numbers"))];
    }

    /// <summary>The width of each expert by layer; null when the key is absent.</summary>
    public static int[][]? Widths(HfConfig config, string key, int layers, int experts)
    {
        if (!config.Has(key)) return null;
        config.Accept(key);
        if (config.ToJson()[key] is not JsonArray list || list.Count != layers) throw config.Bad(key, $"must hold a list for each of {layers} layers");
        return [.. list.Select((layer, l) => layer is JsonArray widths && widths.Count == experts
            ? widths.Select(w => w is JsonValue v && v.GetValueKind() == JsonValueKind.Number && v.TryGetValue(out int width) && width > 0
                ? width : throw config.Bad($"{key}[{l}]", "must hold whole numbers above 0")).ToArray()
            : throw config.Bad($"{key}[{l}]", $"must hold the widths of {experts} experts"))];
    }

    /// <summary>Experts of equal width, as they are without a list.</summary>
    public static int[][] Even(HfConfig config, string key, int layers, int experts)
    {
        var whole = config.Int(key, min: 1);
        if (whole % experts != 0) throw config.Bad(key, $"is {whole}, which {experts} experts (num_experts) do not divide; size_experts can list their widths");
        return [.. Enumerable.Repeat(Enumerable.Repeat(whole / experts, experts).ToArray(), layers)];
    }

    /// <summary>What <see cref="Widths"/> reads.</summary>
    public static JsonArray Json(IEnumerable<IReadOnlyList<int>> widths) =>
        new([.. widths.Select(layer => new JsonArray([.. layer.Select(w => (JsonNode)w)]))]);

    /// <summary>Why heads keep a shape out: the published classes of both versions know no head_dim.</summary>
    public static string? HeadsDiffer(ModelSpec spec) =>
        spec.Layers[0].Attention is var heads && heads.QueryHeads * heads.HeadDim != spec.Width ? "its heads together are not as wide as the model" : null;
}
