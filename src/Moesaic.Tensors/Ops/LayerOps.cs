using Moesaic.Kernels;

namespace Moesaic.Tensors;

/// <summary>What a transformer layer needs besides products, with gradients.</summary>
public static class LayerOps
{
    /// <summary>Rows of an embedding table.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="table">[V, D].</param>
    /// <param name="ids">T row numbers; must stay unchanged until the pass ends.</param>
    /// <returns>[T, D].</returns>
    public static Tensor Embed(this Workspace workspace, WeightMatrix table, ReadOnlyMemory<int> ids)
    {
        var y = workspace.Rent(ids.Length, table.Columns);
        if (table.Factor is Tensor dense) Rows.Gather(dense.Span, ids.Span, table.Columns, y.Span);
        else for (var t = 0; t < ids.Length; t++) table.Factor.DecodeRow(ids.Span[t], y.Row(t));
        if (workspace.Recording && table.Learns)
            RecordEmbed(workspace, table.Dense, ids, y);
        return y;
    }

    static void RecordEmbed(Workspace workspace, Tensor table, ReadOnlyMemory<int> ids, Tensor y) => workspace.Record(y, () =>
        Rows.ScatterAdd(y.Gradient!.Span, ids.Span, table.Columns, workspace.AddedGradient(table)!.Span));

    /// <summary>RMSNorm: y = x / sqrt(mean(x²) + ε) · w, over as many values as the weight has.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, D], or [T, H·D] to norm each of H heads by itself.</param>
    /// <param name="weight">[1, D].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <returns>Shaped as x.</returns>
    public static Tensor RmsNorm(this Workspace workspace, Tensor x, Tensor weight, float epsilon)
    {
        var y = workspace.Rent(x.Rows, x.Columns);
        var inverse = workspace.Rent(1, x.Count / weight.Count);
        Kernels.RmsNorm.Forward(x.Span, weight.Span, epsilon, y.Span, inverse.Span);
        if (workspace.Recording && (x.NeedsGradient || weight.NeedsGradient))
            RecordRmsNorm(workspace, x, weight, inverse, y);
        return y;
    }

    static void RecordRmsNorm(Workspace workspace, Tensor x, Tensor weight, Tensor inverse, Tensor y) => workspace.Record(y, () =>
        Kernels.RmsNorm.Backward(x.Span, weight.Span, inverse.Span, y.Gradient!.Span,
            AddedSpan(workspace, x), AddedSpan(workspace, weight)));

    /// <summary>Rotary position embedding, in place, half-split pairs as Hugging Face stores them.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, H·headDim], changed.</param>
    /// <param name="headDim">Width of a head.</param>
    /// <param name="positions">T positions; must stay unchanged until the pass ends.</param>
    /// <param name="cos">[positions, headDim/2].</param>
    /// <param name="sin">[positions, headDim/2].</param>
    public static void RotateInPlace(this Workspace workspace, Tensor x, int headDim, ReadOnlyMemory<int> positions,
        Tensor cos, Tensor sin)
    {
        var heads = x.Columns / headDim;
        Rope.Apply(x.Span, heads, headDim, positions.Span, cos.Span, sin.Span);
        if (workspace.Recording && x.NeedsGradient)
            RecordRotation(workspace, x, headDim, positions, cos, sin);
    }

    static void RecordRotation(Workspace workspace, Tensor x, int headDim, ReadOnlyMemory<int> positions, Tensor cos, Tensor sin) =>
        workspace.Record(x, () => Rope.Apply(x.Gradient!.Span, x.Columns / headDim, headDim, positions.Span, cos.Span, sin.Span,
            inverse: true), inPlace: true);

    /// <summary>Causal attention within segments, grouped query heads.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="shape">Heads and scale.</param>
    /// <param name="segments">Which query rows see which key rows; must stay unchanged until the pass ends.</param>
    /// <param name="q">[T, Hq·headDim].</param>
    /// <param name="k">[S, Hkv·headDim].</param>
    /// <param name="v">[S, Hkv·headDim].</param>
    /// <param name="tiles">Keys in each tile, see <see cref="Kernels.Attention"/>; empty when all are full.</param>
    /// <param name="sinks">[1, Hq]: one more score of each head, without a value; null for none.</param>
    /// <returns>[T, Hq·headDim]; rows in no segment are zero.</returns>
    public static Tensor Attention(this Workspace workspace, AttentionShape shape, ReadOnlyMemory<AttentionSegment> segments,
        Tensor q, Tensor k, Tensor v, ReadOnlyMemory<int> tiles = default, Tensor? sinks = null)
    {
        var y = workspace.RentZeroed(q.Rows, q.Columns);
        var record = workspace.Recording && (q.NeedsGradient || k.NeedsGradient || v.NeedsGradient || sinks is { NeedsGradient: true });
        var logSumExp = record ? workspace.Rent(q.Rows, shape.QueryHeads) : null;
        Kernels.Attention.Forward(shape, segments.Span, q.Span, k.Span, v.Span, y.Span, logSumExp is null ? [] : logSumExp.Span,
            sinks is null ? [] : sinks.Span, tiles.Span);
        if (record)
            RecordAttention(workspace, shape, segments, q, k, v, y, logSumExp!, sinks);
        return y;
    }

    /// <summary>Causal attention over keys and values in pages; never recorded.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="shape">Heads and scale.</param>
    /// <param name="segments">Which query rows see which entries of the page table.</param>
    /// <param name="q">[T, Hq·headDim].</param>
    /// <param name="pages">The layer's pages.</param>
    /// <param name="table">The pages of each sequence.</param>
    /// <param name="tiles">Keys in each page, see <see cref="Kernels.Attention"/>; empty when all are full.</param>
    /// <param name="sinks">[1, Hq], or null.</param>
    /// <returns>[T, Hq·headDim]; rows in no segment are zero.</returns>
    public static Tensor Attention(this Workspace workspace, AttentionShape shape, ReadOnlyMemory<AttentionSegment> segments,
        Tensor q, in AttentionPages pages, ReadOnlyMemory<int> table, ReadOnlyMemory<int> tiles = default, Tensor? sinks = null)
    {
        var y = workspace.RentZeroed(q.Rows, q.Columns);
        Kernels.Attention.Forward(shape, segments.Span, q.Span, pages, table.Span, y.Span, sinks is null ? [] : sinks.Span, tiles.Span);
        return y;
    }

    static void RecordAttention(Workspace workspace, AttentionShape shape, ReadOnlyMemory<AttentionSegment> segments,
        Tensor q, Tensor k, Tensor v, Tensor y, Tensor logSumExp, Tensor? sinks) => workspace.Record(y, () =>
        Kernels.Attention.Backward(shape, segments.Span, q.Span, k.Span, v.Span, y.Span,
            logSumExp.Span, y.Gradient!.Span, AddedOrScratch(workspace, q), AddedOrScratch(workspace, k), AddedOrScratch(workspace, v),
            sinks is null ? [] : sinks.Span, sinks is null ? [] : AddedSpan(workspace, sinks)));

    /// <summary>SwiGLU: h = silu(gate) · up. Works on any layout, ragged too.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="gate">Gate projection.</param>
    /// <param name="up">Up projection, same shape.</param>
    /// <returns>Same shape.</returns>
    public static Tensor SwiGlu(this Workspace workspace, Tensor gate, Tensor up)
    {
        var h = workspace.Rent(gate.Rows, gate.Columns);
        Kernels.SwiGlu.Forward(gate.Span, up.Span, h.Span);
        if (workspace.Recording && (gate.NeedsGradient || up.NeedsGradient))
            RecordSwiGlu(workspace, gate, up, h);
        return h;
    }

    static void RecordSwiGlu(Workspace workspace, Tensor gate, Tensor up, Tensor h) => workspace.Record(h, () =>
        Kernels.SwiGlu.Backward(gate.Span, up.Span, h.Gradient!.Span, AddedOrScratch(workspace, gate), AddedOrScratch(workspace, up)));

    /// <summary>SwiGLU with what exceeds a limit cut off, see <see cref="ClampedSwiGlu"/>. Works on any layout, ragged too.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="gate">Gate projection.</param>
    /// <param name="up">Up projection, same shape.</param>
    /// <param name="limit">Positive.</param>
    /// <param name="slope">Of the sigmoid.</param>
    /// <returns>Same shape.</returns>
    public static Tensor SwiGlu(this Workspace workspace, Tensor gate, Tensor up, float limit, float slope)
    {
        var h = workspace.Rent(gate.Rows, gate.Columns);
        ClampedSwiGlu.Forward(limit, slope, gate.Span, up.Span, h.Span);
        if (workspace.Recording && (gate.NeedsGradient || up.NeedsGradient))
            RecordSwiGlu(workspace, gate, up, limit, slope, h);
        return h;
    }

    static void RecordSwiGlu(Workspace workspace, Tensor gate, Tensor up, float limit, float slope, Tensor h) => workspace.Record(h, () =>
        ClampedSwiGlu.Backward(limit, slope, gate.Span, up.Span, h.Gradient!.Span, AddedOrScratch(workspace, gate), AddedOrScratch(workspace, up)));

    /// <summary>The residual stream: x + y. Without recording the sum is written into <paramref name="x"/>.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, D]; changed when not recording.</param>
    /// <param name="y">[T, D].</param>
    /// <returns>[T, D].</returns>
    public static Tensor Residual(this Workspace workspace, Tensor x, Tensor y)
    {
        if (!workspace.Recording)
        {
            Elementwise.Add(x.Span, y.Span);
            return x;
        }
        var sum = workspace.Rent(x.Rows, x.Columns);
        x.Span.CopyTo(sum.Span);
        Elementwise.Add(sum.Span, y.Span);
        if (x.NeedsGradient || y.NeedsGradient)
            RecordResidual(workspace, x, y, sum);
        return sum;
    }

    static void RecordResidual(Workspace workspace, Tensor x, Tensor y, Tensor sum) => workspace.Record(sum, () =>
    {
        AddGradient(workspace, y, sum.Gradient!);
        if (!x.NeedsGradient || Workspace.TryHandOver(sum, x)) return;
        AddGradient(workspace, x, sum.Gradient!);
    });

    static void AddGradient(Workspace workspace, Tensor input, Tensor gradient)
    {
        if (workspace.WrittenGradient(input, out var fresh) is not { } sum) return;
        if (fresh) gradient.Span.CopyTo(sum.Span);
        else Elementwise.Add(sum.Span, gradient.Span);
    }

    // For kernels that write all gradients or none.
    static Span<float> AddedOrScratch(Workspace workspace, Tensor tensor) =>
        (workspace.AddedGradient(tensor) ?? workspace.RentZeroed(tensor.Rows, tensor.Columns)).Span;

    static Span<float> AddedSpan(Workspace workspace, Tensor tensor) =>
        workspace.AddedGradient(tensor) is { } gradient ? gradient.Span : [];
}
