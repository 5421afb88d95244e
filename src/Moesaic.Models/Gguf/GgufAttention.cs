using Moesaic.Models.Architectures;

namespace Moesaic.Models.Gguf;

/// <summary>Why attention keeps a shape out of an architecture.</summary>
static class GgufAttention
{
    /// <summary>Null when all layers have grouped-query attention with this norm and one of these biases.</summary>
    /// <param name="spec">The shape.</param>
    /// <param name="norm">Norm of queries and keys.</param>
    /// <param name="headsFillWidth">Whether readers take a head for the width of the model divided by the heads.</param>
    /// <param name="biases">Biases whose tensors readers look for.</param>
    public static string? Differs(ModelSpec spec, HeadNorm norm, bool headsFillWidth, params ReadOnlySpan<AttentionBias> biases)
    {
        var attention = spec.Layers[0].Attention;
        return CommonConfig.AttentionDiffers(spec, norm, biases)
            ?? (headsFillWidth && attention.QueryHeads * attention.HeadDim != spec.Width ? "its heads together are not as wide as the model" : null);
    }
}
