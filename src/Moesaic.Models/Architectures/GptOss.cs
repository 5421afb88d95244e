using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>
/// gpt-oss (OpenAI 2025): every layer a mixture of experts with biases that cut off large values, a router with a bias, sinks in
/// attention, and a sliding window in every second layer.
/// </summary>
sealed class GptOss : IArchitecture
{
    const double Theta = 150_000;

    public string ModelType => "gpt_oss";

    public Oracles VerifiedBy => Oracles.PyTorch | Oracles.LlamaCpp;

    public bool CarriesExpertBias => true;

    public bool InterleavesExperts => true;

    public ModelSpec ReadSpec(HfConfig config)
    {
        int experts = config.Int("num_local_experts", min: 1), width = config.Int("intermediate_size", min: 1);
        var router = new RouterSpec { Experts = experts, Chosen = config.Int("num_experts_per_tok", min: 1), Bias = true };
        router.Validate(config.Source);
        float limit = (float)config.NumberOr("swiglu_limit", SwiGluClamp.Published.Limit);
        float slope = (float)config.NumberOr("swiglu_alpha", SwiGluClamp.Published.Slope);
        if (limit <= 0 || slope <= 0) throw config.Bad("swiglu_limit", "and swiglu_alpha must be above 0");
        var mixture = new MixtureSpec(router, [.. Enumerable.Repeat(width, experts)]) { ExpertBias = true, Clamp = new(limit, slope) };
        var attention = CommonConfig.Heads(config, defaultHeadDim: 64) with { Sinks = true };
        if (!config.Has("attention_bias")) attention = attention with { Bias = AttentionBias.All };
        if (attention.Bias != AttentionBias.All) throw config.Bad("attention_bias", "is false, which this layout is not known with");
        // Without it the published class stretches by 32; a file that leaves that to the reader has not been seen.
        if (!config.Has("rope_scaling") && !config.Has("rope_parameters")) throw config.Bad("rope_scaling", "is missing");
        if (!config.Has("rope_theta") && config.Section("rope_parameters")?.Has("rope_theta") != true) throw config.Bad("rope_theta", "is missing");
        config.Accept("initial_context_length", "experts_per_token");       // other names of numbers that are there
        if (config.Section("quantization_config") is { } stored && stored.Text("quant_method") is var method and not "mxfp4")
            throw config.Bad("quantization_config", $"says \"{method}\"; only mxfp4 is supported");
        return CommonConfig.Read(config, attention, _ => mixture, Windows(config));
    }

    // The published class: every second layer from the first on, unless layer_types says otherwise.
    static Func<int, int> Windows(HfConfig config)
    {
        const int Published = 128;
        var stated = config.ToJson().ContainsKey("sliding_window") ? config.IntOrNull("sliding_window", min: 1) ?? 0 : Published;
        var window = WindowConfig.Effective(config, stated);
        if (WindowConfig.Named(config, config.Int("num_hidden_layers", min: 1)) is not { } sliding) return l => l % 2 == 0 ? window : 0;
        return l => sliding[l] ? window : 0;
    }

    public string? WhyNot(ModelSpec spec)
    {
        if (spec.Layers[0].FeedForward is not MixtureSpec first) return "its first layer is dense";
        foreach (var layer in spec.Layers)
        {
            if (layer.FeedForward is not MixtureSpec mixture) return "some layers are dense";
            if (mixture.SharedWidth > 0) return "it has shared experts";
            if (!mixture.ExpertBias || mixture.Clamp is null || !mixture.Router.Bias) return "its experts or its router have no biases";
            if (mixture.UniformWidth is null || mixture.Clamp != first.Clamp || !mixture.ExpertWidths.SequenceEqual(first.ExpertWidths)
                || mixture.Router.Chosen != first.Router.Chosen) return "its layers differ";
            if (!mixture.Router.SumsToScale) return "its combine weights are not renormalised";
            if (CommonConfig.RouterDiffers(mixture.Router with { Bias = false }) is { } reason) return reason;
            if (!layer.Attention.Sinks) return "its attention has no sinks";
        }
        var rest = spec with { Layers = [.. spec.Layers.Select(l => l with { Attention = l.Attention with { Sinks = false, Window = 0 } })] };
        return CommonConfig.AttentionDiffers(rest, HeadNorm.None, AttentionBias.All) ?? WindowConfig.DifferByLayer(spec);
    }

    public JsonObject WriteConfig(ModelSpec spec, TensorType type)
    {
        var mixture = spec.Mixture(0);
        var config = CommonConfig.Write(spec, type, ModelType, "GptOssForCausalLM");
        config["intermediate_size"] = mixture.UniformWidth;
        config["num_local_experts"] = mixture.Router.Experts;
        config["num_experts_per_tok"] = mixture.Router.Chosen;
        config["experts_per_token"] = mixture.Router.Chosen;
        config["swiglu_limit"] = CommonConfig.Number(mixture.Clamp!.Limit);
        config["swiglu_alpha"] = CommonConfig.Number(mixture.Clamp.Slope);
        config["sliding_window"] = spec.Layers.Max(l => l.Attention.Window) is > 0 and var window ? window : null;
        WindowConfig.WriteTypes(spec, config);
        config["router_aux_loss_coef"] = 0.9;
        config["output_router_logits"] = false;
        return config;
    }

    public string TensorName(string parameter) => parameter.Replace(".mlp.gate.", ".mlp.router.", StringComparison.Ordinal);
}
