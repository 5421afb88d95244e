using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>LLaMA 1 to 3, and Mistral, which has the same layout and may have a sliding window: dense SwiGLU layers.</summary>
/// <param name="modelType">"llama" or "mistral".</param>
/// <param name="className">Hugging Face's class.</param>
sealed class Llama(string modelType, string className) : IArchitecture
{
    public string ModelType { get; } = modelType;

    public Oracles VerifiedBy => Oracles.PyTorch | Oracles.LlamaCpp;

    public ModelSpec ReadSpec(HfConfig config)
    {
        var width = config.Int("intermediate_size", min: 1);
        return CommonConfig.Read(config, CommonConfig.Heads(config), _ => new DenseSpec(width),
            HasWindow ? WindowConfig.Everywhere(config, absent: 4096) : null);
    }

    public string? WhyNot(ModelSpec spec) =>
        spec.MixtureLayers.Any() ? "it has routed experts"
        : spec.Layers.Any(l => l.FeedForward != spec.Layers[0].FeedForward) ? "its feed-forward layers have different widths"
        : CommonConfig.AttentionDiffers(HasWindow ? WindowConfig.Without(spec) : spec, HeadNorm.None, AttentionBias.None, AttentionBias.All)
        ?? WindowConfig.DifferEverywhere(spec);

    bool HasWindow => ModelType == "mistral";

    public JsonObject WriteConfig(ModelSpec spec, TensorType type)
    {
        var config = CommonConfig.Write(spec, type, ModelType, className);
        config["intermediate_size"] = ((DenseSpec)spec.Layers[0].FeedForward).Width;
        if (HasWindow) WindowConfig.WriteEverywhere(spec, config);
        return config;
    }
}
