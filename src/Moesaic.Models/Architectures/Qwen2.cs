using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>Qwen1.5, Qwen2 and Qwen2.5: LLaMA with biases on queries, keys and values and none on the output.</summary>
sealed class Qwen2 : IArchitecture
{
    public string ModelType => "qwen2";

    public Oracles VerifiedBy => Oracles.PyTorch | Oracles.LlamaCpp;

    public ModelSpec ReadSpec(HfConfig config)
    {
        var width = config.Int("intermediate_size", min: 1);
        return CommonConfig.Read(config, Attention(config), _ => new DenseSpec(width), WindowConfig.ByLayer(config));
    }

    /// <summary>Heads with this family's biases, which no key switches.</summary>
    internal static AttentionSpec Attention(HfConfig config)
    {
        var attention = CommonConfig.Heads(config);
        if (attention.Bias != AttentionBias.None)
            throw config.Bad("attention_bias", "is true, which this layout does not have: its queries, keys and values have biases, its output none");
        return attention with { Bias = AttentionBias.QueryKeyValue };
    }

    public string? WhyNot(ModelSpec spec) =>
        spec.MixtureLayers.Any() ? "it has routed experts"
        : spec.Layers.Any(l => l.FeedForward != spec.Layers[0].FeedForward) ? "its feed-forward layers have different widths"
        : CommonConfig.AttentionDiffers(WindowConfig.Without(spec), HeadNorm.None, AttentionBias.QueryKeyValue) ?? WindowConfig.DifferByLayer(spec);

    public JsonObject WriteConfig(ModelSpec spec, TensorType type)
    {
        var config = CommonConfig.Write(spec, type, ModelType, "Qwen2ForCausalLM");
        config.Remove("attention_bias");
        config["intermediate_size"] = ((DenseSpec)spec.Layers[0].FeedForward).Width;
        WindowConfig.WriteByLayer(spec, config);
        return config;
    }
}
