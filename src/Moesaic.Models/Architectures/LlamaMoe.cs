using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>
/// LLaMA-MoE v1 (Zhu et al. 2024): every layer a mixture of experts that may have different widths, a score of one or two layers,
/// softmax over the chosen, a scale for each layer. "llama_moe_residual" has a shared expert beside them. Expert tensors have no
/// ".weight" at the end, and "weight_gate" is their name for the gate projection.
/// </summary>
/// <param name="residual">Whether there is a shared expert.</param>
sealed class LlamaMoe(bool residual) : IArchitecture
{
    const string Residual = ".mlp.residual_block.";

    public string ModelType => residual ? "llama_moe_residual" : "llama_moe";

    public bool CarriesScale => true;

    public bool NeedsCode => true;

    public Oracles VerifiedBy => Oracles.PyTorch;

    string Mixture => residual ? "mlp.moe_layer" : "mlp";

    public ModelSpec ReadSpec(HfConfig config)
    {
        LlamaMoeConfig.RefuseOthers(config);
        int layers = config.Int("num_hidden_layers", min: 1), experts = config.Int("num_experts", min: 1);
        var scales = LlamaMoeConfig.Scales(config, "score_scale_factor", layers);
        var widths = LlamaMoeConfig.Widths(config, "size_experts", layers, experts)
            ?? LlamaMoeConfig.Even(config, residual ? "intermediate_size_moe" : "intermediate_size", layers, experts);
        var shared = residual ? Shared(config, layers, widths) : new int[layers];
        config.Accept("intermediate_size", "intermediate_size_moe", "intermediate_size_residual");
        var router = new RouterSpec
        {
            Experts = experts,
            Chosen = config.Int("num_selects", min: 1),
            Score = LlamaMoeConfig.Score(config),
            Noise = config.BoolOr("gate_add_noise", true) ? RouterNoise.Learned : RouterNoise.None,
            Affinity = RouterAffinity.SoftmaxAfterSelection,
            Weight = CombineWeight.Raw,
        };
        MixtureSpec[] mixtures = [.. Enumerable.Range(0, layers).Select(l => new MixtureSpec(router with { Scale = scales[l] }, widths[l], shared[l]))];
        foreach (var mixture in mixtures) mixture.Router.Validate(config.Source);
        return CommonConfig.Read(config, CommonConfig.Heads(config), l => mixtures[l]);
    }

    static int[] Shared(HfConfig config, int layers, int[][] widths)
    {
        if (config.IntOr("num_experts_residual", 2, min: 1) is var count && count != 1)
            throw config.Bad("num_experts_residual", $"is {count}; a softmax among several residual experts is not supported, only one of weight 1");
        config.Refuse("use_weighting", "a learned mix of both halves is not supported");
        if (!config.BoolOr("gate_use_softmax_residual", true))
            throw config.Bad("gate_use_softmax_residual", "is false; only a softmax, which gives one residual expert the weight 1, is supported");
        if (config.BoolOr("multiply_gate_scores_residual", true)
            && LlamaMoeConfig.Scales(config, "score_scale_factor_residual", layers).FirstOrDefault(s => s != 1, 1) is var scale && scale != 1)
            throw config.Bad("score_scale_factor_residual", FormattableString.Invariant($"is {scale}; only 1 is supported"));
        config.Accept("score_scale_factor_residual");
        return LlamaMoeConfig.Widths(config, "size_experts_residual", layers, 1) is { } stated
            ? [.. stated.Select(s => s[0])] : [.. widths.Select(w => w.Sum() / w.Length)];
    }

    public string? WhyNot(ModelSpec spec)
    {
        if (spec.Layers[0].FeedForward is not MixtureSpec { Router: var first }) return "its first layer is dense";
        foreach (var layer in spec.Layers)
        {
            if (layer.FeedForward is not MixtureSpec mixture) return "some layers are dense";
            if (mixture.SharedWidth > 0 != residual) return residual ? "it has no shared experts" : "it has shared experts";
            if (mixture.SharedGate != SharedGate.None) return "its shared expert has a gate";
            var router = mixture.Router;
            if ((router.Experts, router.Chosen) != (first.Experts, first.Chosen)) return "its layers have or choose different numbers of experts";
            if ((router.Score, router.Noise) != (first.Score, first.Noise)) return "its layers have different kinds of routers";
            if (!router.SumsToScale) return "its combine weights are not renormalised";
            var plain = router with
            {
                Noise = router.Noise == RouterNoise.Learned ? RouterNoise.None : router.Noise, Score = router.Score == RouterScore.Mlp ? RouterScore.Linear : router.Score,
            };
            if (CommonConfig.RouterDiffers(plain) is { } reason) return reason;
        }
        return CommonConfig.AttentionDiffers(spec, HeadNorm.None, AttentionBias.None, AttentionBias.All) ?? LlamaMoeConfig.HeadsDiffer(spec);
    }

    public JsonObject WriteConfig(ModelSpec spec, TensorType type)
    {
        MixtureSpec[] mixtures = [.. spec.Layers.Select(l => (MixtureSpec)l.FeedForward)];
        var router = mixtures[0].Router;
        var config = CommonConfig.Write(spec, type, ModelType, residual ? "LlamaMoEResidualForCausalLM" : "LlamaMoEForCausalLM");
        config.Remove("sliding_window");
        var (file, name) = residual ? ("llama_moe_residual", "LlamaMoEResidual") : ("llama_moe_hf", "LlamaMoE");
        config["auto_map"] = new JsonObject
        {
            ["AutoConfig"] = $"configuration_{ModelType}.{name}Config",
            ["AutoModel"] = $"modeling_{file}.{name}Model",
            ["AutoModelForCausalLM"] = $"modeling_{file}.{name}ForCausalLM",
        };
        int routed = mixtures[0].ExpertWidths.Sum(), shared = mixtures[0].SharedWidth;
        config["intermediate_size"] = routed + shared;
        config["num_experts"] = router.Experts;
        config["num_selects"] = router.Chosen;
        config["size_experts"] = LlamaMoeConfig.Json(mixtures.Select(m => m.ExpertWidths));
        config["score_scale_factor"] = new JsonArray([.. mixtures.Select(m => (JsonNode)CommonConfig.Number(m.Router.Scale))]);
        LlamaMoeConfig.WriteGate(router, config);
        if (!residual) return config;
        config["intermediate_size_moe"] = routed;
        config["intermediate_size_residual"] = shared;
        config["num_experts_residual"] = 1;
        config["size_experts_residual"] = LlamaMoeConfig.Json(mixtures.Select(m => (IReadOnlyList<int>)[m.SharedWidth]));
        config["gate_use_softmax_residual"] = true;
        config["multiply_gate_scores_residual"] = true;
        config["score_scale_factor_residual"] = 1.0;
        config["use_weighting"] = false;
        return config;
    }

    public string TensorName(string parameter) => parameter.Split('.') switch
    {
        ["model", "layers", var l, "mlp", "experts", var e, var projection, "weight"] => $"model.layers.{l}.{Mixture}.calculator.experts.{Weight(projection)}.{e}",
        ["model", "layers", var l, "mlp", "shared_experts", var projection, "weight"] => $"model.layers.{l}{Residual}calculator.experts.{Weight(projection)}.0",
        ["model", "layers", var l, "mlp", "gate", "weight"] => $"model.layers.{l}.{Mixture}.gate.gate_network.weight",
        ["model", "layers", var l, "mlp", "gate", .. var rest] => $"model.layers.{l}.{Mixture}.gate.{string.Join('.', rest)}",
        _ => parameter,
    };

    // gate_proj is weight_gate.
    static string Weight(string projection) => $"weight_{projection[..projection.IndexOf('_', StringComparison.Ordinal)]}";

    public string? WhyIgnored(ModelSpec spec, string tensor) =>
        tensor.EndsWith($"{Residual}gate.gate_network.weight", StringComparison.Ordinal) ? "a softmax over one residual expert is 1"
        : tensor.EndsWith(".gate.weight_noise.weight", StringComparison.Ordinal)
            && spec.Layers.All(l => l.FeedForward is MixtureSpec { Router.Noise: RouterNoise.None }) ? "the noise is switched off (gate_add_noise)" : null;
}
