using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>Qwen3's mixtures: a norm on each head of queries and keys, routed experts alone, softmax over all of them.</summary>
sealed class Qwen3Moe : IArchitecture
{
    public string ModelType => "qwen3_moe";

    public Oracles VerifiedBy => Oracles.PyTorch | Oracles.LlamaCpp;

    public ModelSpec ReadSpec(HfConfig config) =>
        CommonConfig.Read(config, CommonConfig.Heads(config) with { Norm = HeadNorm.Head }, QwenConfig.FeedForward(config, sharedWidth: 0));

    public string? WhyNot(ModelSpec spec) =>
        QwenConfig.WhyNot(spec)
        ?? (spec.Layers.Any(l => l.FeedForward is MixtureSpec { SharedWidth: > 0 }) ? "it has shared experts" : null)
        ?? CommonConfig.AttentionDiffers(spec, HeadNorm.Head, AttentionBias.None, AttentionBias.All);

    public JsonObject WriteConfig(ModelSpec spec, TensorType type)
    {
        var config = CommonConfig.Write(spec, type, ModelType, "Qwen3MoeForCausalLM");
        QwenConfig.Write(spec, config);
        return config;
    }
}
