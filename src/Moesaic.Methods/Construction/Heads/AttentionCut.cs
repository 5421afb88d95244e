using Moesaic.Methods.Construction.Routers;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Methods.Construction.Heads;

/// <summary>Takes the projections of attention apart into those of its experts: rows of queries, keys and values, columns of the output.</summary>
static class AttentionCut
{
    /// <summary>Fills the experts of a layer; norms are copied with the rest of the model.</summary>
    /// <param name="to">The experts.</param>
    /// <param name="source">The dense projection of a name like q_proj.</param>
    /// <param name="split">May give the router.</param>
    /// <param name="seed">Of the router when it does not.</param>
    public static void Fill(ExpertAttention to, Func<string, Tensor> source, AttentionLayerSplit split, ulong seed)
    {
        Rows(source("q_proj"), to.Queries);
        KeyRows(source("k_proj"), to.Keys, to.Spec);
        KeyRows(source("v_proj"), to.Values, to.Spec);
        var output = source("o_proj");
        for (var e = 0; e < to.Outputs.Count; e++)
        {
            var part = to.Outputs[e].Dense;
            for (var d = 0; d < part.Rows; d++) output.Row(d).Slice(e * part.Columns, part.Columns).CopyTo(part.Row(d));
        }
        var router = to.Router.Weight.Dense;
        if (split.Router is not null) split.RouterRows.CopyTo(router.Span);
        // Another stream of numbers than that of the layer's feed-forward.
        else ModelInitialiser.FillNormal(router.Span, RouterInit.SeededRandom(seed + (97UL << 16), split.Layer), RouterInit.Deviation);
    }

    static void Rows(Tensor source, IReadOnlyList<WeightMatrix> parts)
    {
        for (var e = 0; e < parts.Count; e++) CopyRows(source, e * parts[e].Rows, parts[e].Dense, 0, parts[e].Rows);
    }

    // Several experts may have copies of one head.
    static void KeyRows(Tensor source, IReadOnlyList<WeightMatrix> parts, AttentionSpec spec)
    {
        var copies = spec.KeyValueHeads / (source.Rows / spec.HeadDim);
        for (var e = 0; e < spec.KeyValueHeads; e++)
            CopyRows(source, e / copies * spec.HeadDim, parts.Count == 1 ? parts[0].Dense : parts[e].Dense,
                parts.Count == 1 ? e * spec.HeadDim : 0, spec.HeadDim);
    }

    static void CopyRows(Tensor from, int fromRow, Tensor to, int toRow, int count)
    {
        for (var r = 0; r < count; r++) from.Row(fromRow + r).CopyTo(to.Row(toRow + r));
    }
}
