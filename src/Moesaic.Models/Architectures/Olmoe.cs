using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>
/// OLMoE: every layer a mixture of equal experts, softmax over all of them, queries and keys normed over all heads
/// together (Muennighoff et al. 2024). clip_qkv is refused when it is set; the published models do not set it.
/// </summary>
sealed class Olmoe : IArchitecture
{
    public string ModelType => "olmoe";

    public Oracles VerifiedBy => Oracles.PyTorch | Oracles.LlamaCpp;

    public ModelSpec ReadSpec(HfConfig config)
    {
        int experts = config.Int("num_experts", min: 1), width = config.Int("intermediate_size", min: 1);
        var router = new RouterSpec
        {
            Experts = experts,
            Chosen = config.Int("num_experts_per_tok", min: 1),
            Weight = config.BoolOr("norm_topk_prob", false) ? CombineWeight.Renormalised : CombineWeight.Raw,
        };
        router.Validate(config.Source);
        var mixture = new MixtureSpec(router, [.. Enumerable.Repeat(width, experts)]);
        var attention = CommonConfig.Heads(config) with { Norm = HeadNorm.Projection };
        if (attention.QueryHeads * attention.HeadDim != config.Int("hidden_size"))
            throw config.Bad("head_dim", $"is {attention.HeadDim}; in this layout it is hidden_size / num_attention_heads");
        return CommonConfig.Read(config, attention, _ => mixture);
    }

    public string? WhyNot(ModelSpec spec) =>
        spec.Layers.Any(l => l.FeedForward is DenseSpec) ? "some layers are dense"
        : QwenConfig.WhyNot(spec)
        ?? (spec.Layers.Any(l => l.FeedForward is MixtureSpec { SharedWidth: > 0 }) ? "it has shared experts" : null)
        ?? CommonConfig.AttentionDiffers(spec, HeadNorm.Projection, AttentionBias.None, AttentionBias.All)
        ?? (spec.Layers[0].Attention.QueryHeads * spec.Layers[0].Attention.HeadDim != spec.Width
            ? "its heads together are not as wide as the model" : null);

    public JsonObject WriteConfig(ModelSpec spec, TensorType type)
    {
        var mixture = spec.Mixture(0);
        var config = CommonConfig.Write(spec, type, ModelType, "OlmoeForCausalLM");
        config["intermediate_size"] = mixture.UniformWidth;
        config["num_experts"] = mixture.Router.Experts;
        config["num_experts_per_tok"] = mixture.Router.Chosen;
        config["norm_topk_prob"] = mixture.Router.SumsToScale;
        config["clip_qkv"] = null;
        config["router_aux_loss_coef"] = 0.01;
        config["output_router_logits"] = false;
        return config;
    }
}
