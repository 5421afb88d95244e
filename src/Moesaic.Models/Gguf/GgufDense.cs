namespace Moesaic.Models.Gguf;

/// <summary>"qwen2" and "qwen3": every layer the same, dense, with what sets their attention apart from LLaMA's.</summary>
/// <param name="name">general.architecture.</param>
/// <param name="norm">Norm of queries and keys.</param>
/// <param name="bias">Biases of attention.</param>
/// <param name="headsFillWidth">Whether readers take a head for the width of the model divided by the heads.</param>
sealed class GgufDense(string name, HeadNorm norm, AttentionBias bias, bool headsFillWidth) : IGgufArchitecture
{
    public string Name => name;

    public bool NeighbouringPairs => false;

    public IReadOnlyList<LayerSpec> ReadLayers(GgufKeys keys) =>
    [
        .. Enumerable.Repeat(new LayerSpec(keys.ReadAttention() with { Norm = norm },
            new DenseSpec(keys.Int(GgufKeys.FeedForwardLength, min: 1))), keys.Layers()),
    ];

    public string? WhyNot(ModelSpec spec) =>
        spec.Layers.Any(l => l != spec.Layers[0]) ? "its layers differ"
        : spec.Layers[0].FeedForward is not DenseSpec ? "it has routed experts"
        : GgufAttention.Differs(spec, norm, headsFillWidth, bias);

    public void WriteLayers(ModelSpec spec, GgufKeys keys)
    {
        keys.WriteAttention(spec.Layers[0].Attention);
        keys.Set(GgufKeys.FeedForwardLength, ((DenseSpec)spec.Layers[0].FeedForward).Width);
    }
}
