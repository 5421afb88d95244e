using Moesaic.Kernels;
using Moesaic.Tensors;

namespace Moesaic.Models.Layers;

/// <summary>Grouped-query attention with rotary positions, over this pass's tokens or over a cache.</summary>
public sealed class AttentionLayer
{
    readonly int layer;
    readonly RotaryTable rotary;
    readonly WeightMatrix q, k, v, o;
    readonly Tensor? qBias, kBias, vBias, oBias;

    internal AttentionLayer(int layer, ModelSpec model, AttentionSpec spec, RotaryTable rotary, ParameterFactory make)
    {
        (this.layer, Spec, this.rotary) = (layer, spec, rotary);
        int queries = spec.QueryHeads * spec.HeadDim, keys = spec.KeyValueHeads * spec.HeadDim;
        WeightMatrix Projection(string name, int rows, int columns) =>
            make.Matrix($"model.layers.{layer}.self_attn.{name}_proj.weight", ParameterRole.Attention, rows, columns);
        Tensor? Bias(string name, int count) =>
            spec.Bias ? make.Vector($"model.layers.{layer}.self_attn.{name}_proj.bias", ParameterRole.Attention, count) : null;
        (q, qBias) = (Projection("q", queries, model.Width), Bias("q", queries));
        (k, kBias) = (Projection("k", keys, model.Width), Bias("k", keys));
        (v, vBias) = (Projection("v", keys, model.Width), Bias("v", keys));
        (o, oBias) = (Projection("o", model.Width, queries), Bias("o", model.Width));
    }

    /// <summary>Heads.</summary>
    public AttentionSpec Spec { get; }

    /// <summary>Attends.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, D], normed.</param>
    /// <param name="input">Positions, segments, cache.</param>
    /// <returns>[T, D], to be added to the residual stream.</returns>
    public Tensor Forward(Workspace workspace, Tensor x, PassInput input)
    {
        var (queries, keys, values) = workspace.Linear(x, (q, qBias), (k, kBias), (v, vBias));
        var (cos, sin) = rotary.Angles;
        workspace.RotateInPlace(queries, Spec.HeadDim, input.Positions, cos, sin);
        workspace.RotateInPlace(keys, Spec.HeadDim, input.Positions, cos, sin);
        var shape = new AttentionShape(Spec.QueryHeads, Spec.KeyValueHeads, Spec.HeadDim, 1f / MathF.Sqrt(Spec.HeadDim));
        if (input.Cache is { } cache)
        {
            if (workspace.Recording) throw new InvalidOperationException("a recorded pass cannot use a cache");
            ref readonly var pages = ref cache.Layer(layer);
            var rows = input.CacheRows.Span;
            for (var t = 0; t < rows.Length; t++) pages.Write(rows[t], keys.Row(t), values.Row(t));
            return workspace.Linear(workspace.Attention(shape, input.Segments, queries, pages, input.PageTable), o, oBias);
        }
        return workspace.Linear(workspace.Attention(shape, input.Segments, queries, keys, values), o, oBias);
    }
}
