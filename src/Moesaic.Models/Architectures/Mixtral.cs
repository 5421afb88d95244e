using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>
/// Mixtral: every layer a mixture of equal experts, softmax over all experts, the chosen ones' weights renormalised
/// (Jiang et al. 2024, section 2.1). w1 is the gate, w3 the up and w2 the down projection.
/// </summary>
sealed class Mixtral : IArchitecture
{
    public string ModelType => "mixtral";

    public Oracles VerifiedBy => Oracles.PyTorch | Oracles.LlamaCpp;

    public ModelSpec ReadSpec(HfConfig config)
    {
        int experts = config.Int("num_local_experts", min: 1), width = config.Int("intermediate_size", min: 1);
        var router = new RouterSpec { Experts = experts, Chosen = config.Int("num_experts_per_tok", min: 1) };
        router.Validate(config.Source);
        var mixture = new MixtureSpec(router, [.. Enumerable.Repeat(width, experts)]);
        config.Accept("router_jitter_noise");     // noise of their training, not of the model
        return CommonConfig.Read(config, CommonConfig.Heads(config), _ => mixture, WindowConfig.Everywhere(config, absent: 0));
    }

    public string? WhyNot(ModelSpec spec)
    {
        if (spec.Layers[0].FeedForward is not MixtureSpec first) return "its first layer is dense";
        foreach (var layer in spec.Layers)
        {
            if (layer.FeedForward is not MixtureSpec mixture) return "some layers are dense";
            if (mixture.SharedWidth > 0) return "it has shared experts";
            if (mixture.UniformWidth is null || !mixture.ExpertWidths.SequenceEqual(first.ExpertWidths))
                return "its experts differ in number or width";
            if (mixture.Router.Chosen != first.Router.Chosen) return "its layers choose different numbers of experts";
            if (!mixture.Router.SumsToScale) return "its combine weights are not renormalised";
            if (CommonConfig.RouterDiffers(mixture.Router) is { } reason) return reason;
        }
        return CommonConfig.AttentionDiffers(WindowConfig.Without(spec), HeadNorm.None, AttentionBias.None) ?? WindowConfig.DifferEverywhere(spec);
    }

    public JsonObject WriteConfig(ModelSpec spec, TensorType type)
    {
        var mixture = spec.Mixture(0);
        var config = CommonConfig.Write(spec, type, ModelType, "MixtralForCausalLM");
        config["intermediate_size"] = mixture.UniformWidth;
        config["num_local_experts"] = mixture.Router.Experts;
        config["num_experts_per_tok"] = mixture.Router.Chosen;
        WindowConfig.WriteEverywhere(spec, config);
        config["router_aux_loss_coef"] = 0.01;
        config["output_router_logits"] = false;
        return config;
    }

    public string TensorName(string parameter) => parameter
        .Replace(".mlp.gate.", ".block_sparse_moe.gate.", StringComparison.Ordinal)
        .Replace(".mlp.experts.", ".block_sparse_moe.experts.", StringComparison.Ordinal)
        .Replace(".gate_proj.", ".w1.", StringComparison.Ordinal)
        .Replace(".up_proj.", ".w3.", StringComparison.Ordinal)
        .Replace(".down_proj.", ".w2.", StringComparison.Ordinal);
}
