using Moesaic.Methods.Construction.Heads;
using Moesaic.Methods.Construction.Plans;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Construction;

/// <summary>The mixture that a plan makes of a model in pieces: each layer is divided when it is asked for.</summary>
/// <param name="dense">The source; stays the caller's.</param>
/// <param name="plan">Fits it.</param>
sealed class SplitLayers(ModelPieces dense, SplitPlan plan) : ModelPieces
{
    readonly Dictionary<int, LayerSplit> splits = plan.Layers.ToDictionary(l => l.Layer);
    readonly Dictionary<int, AttentionLayerSplit> heads = (plan.Attention?.Layers ?? []).ToDictionary(l => l.Layer);

    public override ModelSpec Spec { get; } = Split.Shape(dense.Spec, plan);

    public override Model Layer(int layer)
    {
        var source = dense.Layer(layer);
        LayerSplit[] split = splits.TryGetValue(layer, out var ofNeurons) ? [ofNeurons with { Layer = 0 }] : [];
        AttentionLayerSplit[] attention = heads.TryGetValue(layer, out var ofHeads) ? [ofHeads with { Layer = 0 }] : [];
        if (split.Length + attention.Length == 0) return source;
        var part = plan with { Layers = split, Attention = attention.Length == 0 ? null : plan.Attention! with { Layers = attention } };
        using (source) return Split.Apply(source, part, firstLayer: layer);
    }

    public override Model Embedding() => dense.Embedding();

    public override Model Head() => dense.Head();
}
