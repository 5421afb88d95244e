using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>Qwen3, dense: LLaMA with a norm on each head of queries and keys. Without a head_dim it is 128.</summary>
sealed class Qwen3 : IArchitecture
{
    public string ModelType => "qwen3";

    public Oracles VerifiedBy => Oracles.PyTorch | Oracles.LlamaCpp;

    public ModelSpec ReadSpec(HfConfig config)
    {
        var width = config.Int("intermediate_size", min: 1);
        return CommonConfig.Read(config, CommonConfig.Heads(config, defaultHeadDim: 128) with { Norm = HeadNorm.Head }, _ => new DenseSpec(width),
            WindowConfig.ByLayer(config));
    }

    public string? WhyNot(ModelSpec spec) =>
        spec.MixtureLayers.Any() ? "it has routed experts"
        : spec.Layers.Any(l => l.FeedForward != spec.Layers[0].FeedForward) ? "its feed-forward layers have different widths"
        : CommonConfig.AttentionDiffers(WindowConfig.Without(spec), HeadNorm.Head, AttentionBias.None, AttentionBias.All)
        ?? WindowConfig.DifferByLayer(spec);

    public JsonObject WriteConfig(ModelSpec spec, TensorType type)
    {
        var config = CommonConfig.Write(spec, type, ModelType, "Qwen3ForCausalLM");
        config["intermediate_size"] = ((DenseSpec)spec.Layers[0].FeedForward).Width;
        WindowConfig.WriteByLayer(spec, config);
        return config;
    }
}
