using Moesaic.Kernels;
using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Models.Layers;

/// <summary>A layer's attention, causal, over this pass's tokens or over a cache: all heads for every token, or experts.</summary>
/// <param name="spec">Heads.</param>
public abstract class AttentionLayer(AttentionSpec spec)
{
    /// <summary>Heads.</summary>
    public AttentionSpec Spec { get; } = spec;

    /// <summary>Attends.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, D], normed.</param>
    /// <param name="input">Positions, segments, cache.</param>
    /// <param name="statistics">Collects what the router decides, or null.</param>
    /// <returns>[T, D], to be added to the residual stream.</returns>
    public abstract Tensor Forward(Workspace workspace, Tensor x, PassInput input, RoutingStatistics? statistics);

    /// <summary>The cache of a pass, or null.</summary>
    /// <exception cref="InvalidOperationException">There is one and the pass is recorded.</exception>
    private protected static PagedCache? Cache(Workspace workspace, PassInput input) =>
        input.Cache is null || !workspace.Recording ? input.Cache
            : throw new InvalidOperationException("a recorded pass cannot use a cache");
}

/// <summary>Every token uses all heads.</summary>
public sealed class HeadAttention : AttentionLayer
{
    readonly int layer;
    readonly IHeadProjections projections;
    readonly WeightMatrix o;
    readonly Tensor? oBias, sinks;

    internal HeadAttention(int layer, ModelSpec model, AttentionSpec spec, RotaryTable rotary, ParameterFactory make) : base(spec)
    {
        this.layer = layer;
        var prefix = $"model.layers.{layer}.self_attn";
        projections = spec.Latent is null
            ? new GroupedProjections(prefix, model, spec, rotary, make) : new LatentProjections(prefix, model, spec, rotary, make);
        o = make.Matrix($"{prefix}.o_proj.weight", ParameterRole.Attention, model.Width, spec.QueryHeads * spec.ValueDim);
        sinks = spec.Sinks ? make.Vector($"{prefix}.sinks", ParameterRole.Attention, spec.QueryHeads) : null;
        oBias = spec.Bias == AttentionBias.All ? make.Vector($"{prefix}.o_proj.bias", ParameterRole.Attention, model.Width) : null;
    }

    /// <inheritdoc/>
    public override Tensor Forward(Workspace workspace, Tensor x, PassInput input, RoutingStatistics? statistics)
    {
        var (queries, keys, values) = projections.Forward(workspace, x, input.Positions);
        var shape = new AttentionShape(Spec.QueryHeads, Spec.KeyValueHeads, Spec.PaddedDim, Spec.ScoreFactor / MathF.Sqrt(Spec.HeadDim), Spec.Window);
        if (input.WantsReceived)
        {
            if (input.Received.Length < x.Rows) input.Received = new float[x.Rows];
            ReceivedAttention.Compute(shape, input.Segments.Span, queries.Span, keys.Span, sinks is null ? [] : sinks.Span, input.Received.AsSpan(0, x.Rows));
        }
        Tensor mixed;
        if (Cache(workspace, input) is { } cache)
        {
            ref readonly var pages = ref cache.Layer(layer);
            var rows = input.CacheRows.Span;
            for (var t = 0; t < rows.Length; t++) pages.Write(rows[t], keys.Row(t), values.Row(t));
            mixed = workspace.Attention(shape, input.Segments, queries, pages, input.PageTable, sinks: sinks);
        }
        else mixed = workspace.Attention(shape, input.Segments, queries, keys, values, sinks: sinks);
        if (Spec.ValueDim < Spec.PaddedDim)
            mixed = workspace.JoinHeads(Spec.QueryHeads, Spec.ValueDim, new(mixed, Spec.PaddedDim, 0, Spec.ValueDim));
        return workspace.Linear(mixed, o, oBias);
    }
}
