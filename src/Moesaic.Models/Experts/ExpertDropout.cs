using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>
/// Dropout of what the neurons of experts, routed or shared, hold while training: each is 0 with probability <see cref="Rate"/>, else divided by
/// 1 − rate (Fedus et al. 2022, section 2.4: 0.4 in fine-tuning, where the rest of the model has less). What is dropped depends on
/// the draw, layer, token and expert alone.
/// </summary>
/// <param name="Rate">0 to below 1.</param>
/// <param name="Draw">Where the numbers come from.</param>
public readonly record struct ExpertDropout(float Rate, NoiseDraw Draw)
{
    /// <summary>Drops values in place, and the same of their gradient.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="inner">What the experts hold, ragged, expert after expert; changed.</param>
    /// <param name="dispatch">Whose rows they are.</param>
    /// <param name="ups">Per expert [Fₑ, D].</param>
    /// <param name="layer">Number of the layer.</param>
    internal void Apply(Workspace workspace, Tensor inner, in Dispatch dispatch, WeightMatrix[] ups, int layer)
    {
        Drop(inner, dispatch, ups, layer);
        if (workspace.Recording && inner.NeedsGradient) Record(workspace, inner, dispatch, ups, layer);
    }

    /// <summary>Drops values of an expert that every token has, in place, and the same of their gradient.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="inner">[T, F]: what the expert holds; changed.</param>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="expert">Number of the expert, behind the routed ones.</param>
    internal void Apply(Workspace workspace, Tensor inner, int layer, int expert)
    {
        var same = this;
        Drop(inner, layer, expert);
        if (workspace.Recording && inner.NeedsGradient) workspace.Record(inner, () => same.Drop(inner.Gradient!, layer, expert), inPlace: true);
    }

    void Record(Workspace workspace, Tensor inner, Dispatch dispatch, WeightMatrix[] ups, int layer)
    {
        var same = this;
        workspace.Record(inner, () => same.Drop(inner.Gradient!, dispatch, ups, layer), inPlace: true);
    }

    void Drop(Tensor values, in Dispatch dispatch, WeightMatrix[] ups, int layer)
    {
        var all = values.Span;
        var tokens = dispatch.Tokens.Span;
        var at = 0;
        for (var e = 0; e < ups.Length; e++)
            for (var r = dispatch.Offsets[e]; r < dispatch.Offsets[e + 1]; r++, at += ups[e].Rows)
                Drop(all.Slice(at, ups[e].Rows), Draw.Stream(layer, tokens[r], e));
    }

    void Drop(Tensor values, int layer, int expert)
    {
        for (var t = 0; t < values.Rows; t++) Drop(values.Row(t), Draw.Stream(layer, t, expert));
    }

    void Drop(Span<float> row, ulong stream)
    {
        var (below, kept) = ((uint)(Rate * 4294967296.0), 1 / (1 - Rate));
        for (var i = 0; i < row.Length; i += 2)
        {
            var bits = NoiseDraw.Next(ref stream);
            row[i] = (uint)bits < below ? 0 : row[i] * kept;
            if (i + 1 < row.Length) row[i + 1] = (uint)(bits >> 32) < below ? 0 : row[i + 1] * kept;
        }
    }
}
