namespace Moesaic.Models.Gguf;

/// <summary>
/// "deepseek": DeepSeekMoE, first version. The first layers dense, then fine-grained experts beside shared ones, combine
/// weights as the softmax over all experts gives them.
/// </summary>
sealed class GgufDeepSeek : IGgufArchitecture
{
    public string Name => "deepseek";

    public bool NeighbouringPairs => true;

    public IReadOnlyList<LayerSpec> ReadLayers(GgufKeys keys)
    {
        int layers = keys.Layers(), leading = keys.Int(GgufKeys.LeadingDense);
        int experts = keys.Experts(), width = keys.Int(GgufKeys.ExpertLength, min: 1);
        var attention = keys.ReadAttention();
        keys.Only(GgufKeys.WeightsScale, 1);
        keys.Only(GgufKeys.GatingFunction, 1);
        if (keys.Metadata.FlagOrNull(keys.Full(GgufKeys.WeightsNorm)) is true)
            throw keys.Bad(GgufKeys.WeightsNorm, "is true, which this architecture does not have");
        var router = new RouterSpec { Experts = experts, Chosen = keys.Int(GgufKeys.ExpertUsedCount, min: 1), Weight = CombineWeight.Raw };
        router.Validate(keys.Metadata.Source);
        var mixture = new LayerSpec(attention, new MixtureSpec(router, [.. Enumerable.Repeat(width, experts)],
            keys.Product(GgufKeys.SharedCount, keys.Int(GgufKeys.SharedCount), width)));
        var dense = new LayerSpec(attention, new DenseSpec(keys.Int(GgufKeys.FeedForwardLength, min: 1)));
        return [.. Enumerable.Range(0, layers).Select(l => l < leading ? dense : mixture)];
    }

    public string? WhyNot(ModelSpec spec)
    {
        var leading = spec.Layers.TakeWhile(l => l.FeedForward is DenseSpec).ToList();
        if (leading.Count == spec.Layers.Count) return "it has no routed experts";
        var first = spec.Layers[leading.Count];
        if (spec.Layers.Any(l => l.Attention != first.Attention) || leading.Any(l => l != leading[0])
            || spec.Layers.Skip(leading.Count).Any(l => l != first)) return "its layers differ";
        var mixture = (MixtureSpec)first.FeedForward;
        return mixture.UniformWidth is not { } width ? "its experts have different widths"
            : mixture.Router.SumsToScale ? "its combine weights are renormalised"
            : mixture.SharedWidth == 0 ? "it has no shared experts"
            : mixture.SharedWidth % width != 0 ? "the shared width is no multiple of the expert width" : null;
    }

    public void WriteLayers(ModelSpec spec, GgufKeys keys)
    {
        var leading = spec.Layers.TakeWhile(l => l.FeedForward is DenseSpec).ToList();
        var mixture = spec.Mixture(leading.Count);
        keys.WriteAttention(spec.Layers[0].Attention);
        keys.Set(GgufKeys.LeadingDense, leading.Count);
        // Wanted by readers even when no layer is dense: then the width the dense parent would have had.
        keys.Set(GgufKeys.FeedForwardLength, leading.Count > 0
            ? ((DenseSpec)leading[0].FeedForward).Width : mixture.ExpertWidths.Sum() + mixture.SharedWidth);
        keys.Set(GgufKeys.ExpertLength, mixture.ExpertWidths[0]);
        keys.Set(GgufKeys.ExpertCount, mixture.Router.Experts);
        keys.Set(GgufKeys.ExpertUsedCount, mixture.Router.Chosen);
        keys.Set(GgufKeys.SharedCount, mixture.SharedWidth / mixture.ExpertWidths[0]);
        keys.Set(GgufKeys.WeightsScale, 1f);
    }
}
