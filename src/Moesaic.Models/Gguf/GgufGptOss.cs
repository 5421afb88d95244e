using Moesaic.Models.Architectures;

namespace Moesaic.Models.Gguf;

/// <summary>
/// "gpt-oss": experts and a router with biases, sinks in attention, and a sliding window in every second layer from the first on.
/// Where large values are cut off no key says: readers know 7 and 1.702.
/// </summary>
sealed class GgufGptOss : IGgufArchitecture
{
    public string Name => "gpt-oss";

    public bool NeighbouringPairs => false;

    public bool CarriesWindow => true;

    public string FeedForwardNorm => "post_attention_norm";

    public IReadOnlyList<LayerSpec> ReadLayers(GgufKeys keys)
    {
        int layers = keys.Layers(), experts = keys.Experts(), width = keys.Int(GgufKeys.ExpertLength, min: 1);
        keys.Metadata.Accept(keys.Full(GgufKeys.FeedForwardLength));
        keys.Only(GgufKeys.WeightsScale, 1);
        var router = new RouterSpec { Experts = experts, Chosen = keys.Int(GgufKeys.ExpertUsedCount, min: 1), Bias = true };
        router.Validate(keys.Metadata.Source);
        var mixture = new MixtureSpec(router, [.. Enumerable.Repeat(width, experts)]) { ExpertBias = true, Clamp = SwiGluClamp.Published };
        var attention = keys.ReadAttention() with { Sinks = true };
        if (!keys.Writing && attention.Bias != AttentionBias.All) throw keys.Bad(GgufKeys.HeadCount, "is stated, but attention has no biases (blk.0.attn_q.bias)");
        var window = keys.IntOrNull(GgufKeys.SlidingWindow) ?? 0;
        if (window >= keys.Int(GgufKeys.ContextLength, min: 1)) window = 0;
        return [.. Enumerable.Range(0, layers).Select(l => new LayerSpec(attention with { Window = l % 2 == 0 ? window : 0 }, mixture))];
    }

    public string? WhyNot(ModelSpec spec)
    {
        if (spec.Layers.Any(l => l.FeedForward is not MixtureSpec)) return "some layers are dense";
        var mixture = spec.Mixture(0);
        if (!mixture.ExpertBias || !mixture.Router.Bias) return "its experts or its router have no biases";
        if (mixture.Clamp != SwiGluClamp.Published) return "its experts cut off large values elsewhere than at 7";
        var windows = spec.Layers.Select(l => l.Attention.Window).ToArray();
        if (windows.Where((w, l) => w != (l % 2 == 0 ? windows[0] : 0)).Any()) return "its sliding windows are not those of every second layer";
        if (windows[0] == 0) return "it has no sliding windows";
        var rest = spec with { Layers = [.. spec.Layers.Select(l => l with { Attention = l.Attention with { Sinks = false, Window = 0 } })] };
        return spec.Layers.All(l => l.Attention.Sinks)
            ? GgufAttention.Differs(rest, HeadNorm.None, headsFillWidth: false, AttentionBias.All) : "its attention has no sinks";
    }

    public void WriteLayers(ModelSpec spec, GgufKeys keys)
    {
        var mixture = spec.Mixture(0);
        keys.WriteAttention(spec.Layers[0].Attention);
        keys.Set(GgufKeys.SlidingWindow, spec.Layers[0].Attention.Window);
        keys.Set(GgufKeys.FeedForwardLength, mixture.ExpertWidths[0]);
        keys.Set(GgufKeys.ExpertLength, mixture.ExpertWidths[0]);
        keys.Set(GgufKeys.ExpertCount, mixture.Router.Experts);
        keys.Set(GgufKeys.ExpertUsedCount, mixture.Router.Chosen);
    }
}
