using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>
/// Qwen1.5-MoE and Qwen2-MoE: biases on queries, keys and values unless qkv_bias is false, and beside the routed experts
/// one shared expert whose output a sigmoid gates token by token.
/// </summary>
sealed class Qwen2Moe : IArchitecture
{
    public string ModelType => "qwen2_moe";

    public Oracles VerifiedBy => Oracles.PyTorch | Oracles.LlamaCpp;

    public ModelSpec ReadSpec(HfConfig config)
    {
        var attention = Qwen2.Attention(config);
        if (!config.BoolOr("qkv_bias", true)) attention = attention with { Bias = AttentionBias.None };
        return CommonConfig.Read(config, attention, QwenConfig.FeedForward(config, config.Int("shared_expert_intermediate_size", min: 1)));
    }

    public string? WhyNot(ModelSpec spec) =>
        QwenConfig.WhyNot(spec)
        ?? (spec.Layers.Any(l => l.FeedForward is MixtureSpec { SharedWidth: 0 }) ? "it has no shared expert"
            : spec.Layers.Any(l => l.FeedForward is MixtureSpec { SharedGate: not SharedGate.Sigmoid }) ? "its shared expert has no gate" : null)
        ?? CommonConfig.AttentionDiffers(spec, HeadNorm.None, AttentionBias.QueryKeyValue, AttentionBias.None);

    public JsonObject WriteConfig(ModelSpec spec, TensorType type)
    {
        var config = CommonConfig.Write(spec, type, ModelType, "Qwen2MoeForCausalLM");
        config.Remove("attention_bias");
        QwenConfig.Write(spec, config);
        config["qkv_bias"] = spec.Layers[0].Attention.Bias == AttentionBias.QueryKeyValue;
        config["shared_expert_intermediate_size"] = spec.Layers.Select(l => l.FeedForward).OfType<MixtureSpec>().First().SharedWidth;
        return config;
    }

    public string TensorName(string parameter) => parameter.Replace(".mlp.shared_experts.", ".mlp.shared_expert.", StringComparison.Ordinal);
}
