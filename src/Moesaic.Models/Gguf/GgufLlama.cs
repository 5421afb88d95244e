namespace Moesaic.Models.Gguf;

/// <summary>"llama": LLaMA 1 to 3, Mistral, and Mixtral, which is the same with experts.</summary>
sealed class GgufLlama : IGgufArchitecture
{
    public string Name => "llama";

    public bool NeighbouringPairs => true;

    public IReadOnlyList<LayerSpec> ReadLayers(GgufKeys keys)
    {
        var attention = keys.ReadAttention();
        var width = keys.Int(GgufKeys.FeedForwardLength, min: 1);
        FeedForwardSpec feedForward = new DenseSpec(width);
        if (keys.Experts() is var experts and > 0)
        {
            var router = new RouterSpec { Experts = experts, Chosen = keys.Int(GgufKeys.ExpertUsedCount, min: 1) };
            router.Validate(keys.Metadata.Source);
            feedForward = new MixtureSpec(router, [.. Enumerable.Repeat(width, experts)]);
        }
        else keys.Only(GgufKeys.ExpertUsedCount, 0);
        return [.. Enumerable.Repeat(new LayerSpec(attention, feedForward), keys.Layers())];
    }

    public string? WhyNot(ModelSpec spec)
    {
        if (spec.Layers.Any(l => l != spec.Layers[0])) return "its layers differ";
        if (spec.Layers[0].FeedForward is not MixtureSpec mixture) return null;
        return mixture.SharedWidth > 0 ? "it has shared experts"
            : mixture.UniformWidth is null ? "its experts have different widths"
            : !mixture.Router.SumsToScale ? "its combine weights are not renormalised" : null;
    }

    public void WriteLayers(ModelSpec spec, GgufKeys keys)
    {
        keys.WriteAttention(spec.Layers[0].Attention);
        switch (spec.Layers[0].FeedForward)
        {
            case DenseSpec dense:
                keys.Set(GgufKeys.FeedForwardLength, dense.Width);
                break;
            case MixtureSpec mixture:
                keys.Set(GgufKeys.FeedForwardLength, mixture.ExpertWidths[0]);
                keys.Set(GgufKeys.ExpertCount, mixture.Router.Experts);
                keys.Set(GgufKeys.ExpertUsedCount, mixture.Router.Chosen);
                break;
        }
    }
}
