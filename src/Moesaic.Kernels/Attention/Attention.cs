namespace Moesaic.Kernels;

/// <summary>
/// Causal attention over packed sequences with grouped heads (Vaswani et al. 2017, eq. 1; Ainslie et al. 2023):
/// output = softmax(Scale · q·kᵀ) v for each query head and segment. Shapes: q, output [T, Hq·headDim]; k, v [S, Hkv·headDim];
/// logSumExp [T, Hq]. The forward keeps one log Σ exp per query and head, from which the backward computes the weights
/// again (Dao et al. 2022, algorithms 1 and 4), so memory grows with T and not with T². Rows outside all segments are
/// left alone; segments must not share query rows.
/// A sink is one more score per query head, learned and without a value: it takes its part of the softmax (Xiao et al. 2023;
/// OpenAI 2025, gpt-oss).
/// </summary>
/// <remarks>
/// Error against float64 at most 2e-6 · (1 + the largest magnitude of the buffer), at every <see cref="KernelLevel"/>; the
/// bits do not depend on the number of threads. A row has the same bits however many
/// rows are computed with it, so decoding agrees with reading a prompt.
/// </remarks>
public static class Attention
{
    /// <summary>Computes the attention output of every segment.</summary>
    /// <param name="shape">Heads, head width and scale.</param>
    /// <param name="segments">The sequences; key ranges may overlap, query ranges may not.</param>
    /// <param name="q">[T, Hq·headDim].</param>
    /// <param name="k">[S, Hkv·headDim].</param>
    /// <param name="v">[S, Hkv·headDim].</param>
    /// <param name="output">[T, Hq·headDim], overwritten on the rows of the segments.</param>
    /// <param name="logSumExp">[T, Hq] for the backward, the sink counted; may be empty when none follows.</param>
    /// <param name="sinks">[Hq], or empty for none.</param>
    /// <param name="tiles">
    /// How many keys each tile of a segment has, 0 to 32, from entry <see cref="AttentionSegment.FirstTile"/> on; empty when
    /// all are full but the last. It makes no difference but to the order of sums, which are then those over pages.
    /// </param>
    /// <exception cref="ArgumentException">A size does not fit or a segment leaves the buffers.</exception>
    public static void Forward(
        AttentionShape shape, ReadOnlySpan<AttentionSegment> segments, ReadOnlySpan<float> q, ReadOnlySpan<float> k,
        ReadOnlySpan<float> v, Span<float> output, Span<float> logSumExp, ReadOnlySpan<float> sinks = default,
        ReadOnlySpan<int> tiles = default)
    {
        int queryRows = CheckInputs(shape, segments, q, k, v);
        CheckTiles(shape, segments, tiles);
        Require.LengthOrEmpty(sinks.Length, shape.QueryHeads, nameof(sinks));
        Require.Length(output.Length, q.Length, nameof(output));
        Require.LengthOrEmpty(logSumExp.Length, (long)queryRows * shape.QueryHeads, nameof(logSumExp));
        switch (KernelSelection.Level)
        {
            case KernelLevel.Vector512:
                AttentionForward<Lanes512>.Run(shape, segments, q, k, v, output, logSumExp, sinks, tiles);
                break;
            case KernelLevel.Vector256:
                AttentionForward<Lanes256>.Run(shape, segments, q, k, v, output, logSumExp, sinks, tiles);
                break;
            case KernelLevel.Vector128:
                AttentionForward<Lanes128>.Run(shape, segments, q, k, v, output, logSumExp, sinks, tiles);
                break;
            default:
                AttentionReference.Forward(shape, segments, q, k, v, output, logSumExp, sinks);
                break;
        }
    }

    /// <summary>
    /// Computes the attention output over keys and values in pages. Over <see cref="CacheEncoding.F32"/> the bits are those
    /// of the same keys in a buffer.
    /// </summary>
    /// <param name="shape">
    /// Heads, head width and scale; the key width is that of the pages, the heads are all of theirs or some from
    /// <see cref="AttentionSegment.FirstKeyHead"/> on.
    /// </param>
    /// <param name="segments">
    /// The sequences. <see cref="AttentionSegment.KeyStart"/> is here the first entry of a sequence in
    /// <paramref name="table"/>; its key i lies in page table[KeyStart + i / 32], place i % 32.
    /// </param>
    /// <param name="q">[T, Hq·headDim].</param>
    /// <param name="pages">The layer's pages.</param>
    /// <param name="table">Page numbers, sequence by sequence; several sequences may name the same page.</param>
    /// <param name="output">
    /// [T, Hq·headDim], overwritten on the rows of the segments. Where values are narrower than keys, the further columns of
    /// each head are zero.
    /// </param>
    /// <param name="sinks">[Hq], or empty for none.</param>
    /// <param name="tiles">
    /// How many keys each page of a segment has in the first places of the head, from entry
    /// <see cref="AttentionSegment.FirstTile"/> on; empty when all are full but the last.
    /// </param>
    /// <exception cref="ArgumentException">A size does not fit, or a segment leaves the table or names no page.</exception>
    public static void Forward(
        AttentionShape shape, ReadOnlySpan<AttentionSegment> segments, ReadOnlySpan<float> q, in AttentionPages pages,
        ReadOnlySpan<int> table, Span<float> output, ReadOnlySpan<float> sinks = default, ReadOnlySpan<int> tiles = default)
    {
        Require.LengthOrEmpty(sinks.Length, shape.QueryHeads, nameof(sinks));
        CheckTiles(shape, segments, tiles);
        CheckPages(shape, segments, q, pages, table, tiles);
        Require.Length(output.Length, q.Length, nameof(output));
        switch (KernelSelection.Level)
        {
            case KernelLevel.Vector512:
                AttentionForward<Lanes512>.Run(shape, segments, q, pages, table, output, sinks, tiles);
                break;
            case KernelLevel.Vector256:
                AttentionForward<Lanes256>.Run(shape, segments, q, pages, table, output, sinks, tiles);
                break;
            case KernelLevel.Vector128:
                AttentionForward<Lanes128>.Run(shape, segments, q, pages, table, output, sinks, tiles);
                break;
            default:
                AttentionReference.Forward(shape, segments, q, pages, table, output, sinks, tiles);
                break;
        }
    }

    /// <summary>
    /// Adds the gradients. With p the weights, δ = Σ dOutput · output over the head: dv += pᵀ dOutput,
    /// ds = p · (dOutput vᵀ − δ), dq += Scale · ds k, dk += Scale · dsᵀ q. A sink has no value: its ds is −p δ.
    /// </summary>
    /// <param name="shape">As in the forward.</param>
    /// <param name="segments">As in the forward.</param>
    /// <param name="q">[T, Hq·headDim].</param>
    /// <param name="k">[S, Hkv·headDim].</param>
    /// <param name="v">[S, Hkv·headDim].</param>
    /// <param name="output">[T, Hq·headDim], from the forward.</param>
    /// <param name="logSumExp">[T, Hq], from the forward.</param>
    /// <param name="dOutput">[T, Hq·headDim].</param>
    /// <param name="dq">[T, Hq·headDim], added to.</param>
    /// <param name="dk">[S, Hkv·headDim], added to.</param>
    /// <param name="dv">[S, Hkv·headDim], added to.</param>
    /// <param name="sinks">[Hq] as in the forward, or empty.</param>
    /// <param name="dSinks">[Hq], added to; empty when not wanted.</param>
    /// <exception cref="ArgumentException">A size does not fit or a segment leaves the buffers.</exception>
    public static void Backward(
        AttentionShape shape, ReadOnlySpan<AttentionSegment> segments, ReadOnlySpan<float> q, ReadOnlySpan<float> k,
        ReadOnlySpan<float> v, ReadOnlySpan<float> output, ReadOnlySpan<float> logSumExp, ReadOnlySpan<float> dOutput,
        Span<float> dq, Span<float> dk, Span<float> dv, ReadOnlySpan<float> sinks = default, Span<float> dSinks = default)
    {
        int queryRows = CheckInputs(shape, segments, q, k, v);
        Require.Length(output.Length, q.Length, nameof(output));
        Require.Length(logSumExp.Length, (long)queryRows * shape.QueryHeads, nameof(logSumExp));
        Require.Length(dOutput.Length, q.Length, nameof(dOutput));
        Require.Length(dq.Length, q.Length, nameof(dq));
        Require.Length(dk.Length, k.Length, nameof(dk));
        Require.Length(dv.Length, v.Length, nameof(dv));
        Require.LengthOrEmpty(dSinks.Length, sinks.Length, nameof(dSinks));
        AttentionSinks.Backward(shape, segments, sinks, output, logSumExp, dOutput, dSinks);
        switch (KernelSelection.Level)
        {
            case KernelLevel.Vector512:
                AttentionBackward<Lanes512>.Run(shape, segments, q, k, v, output, logSumExp, dOutput, dq, dk, dv);
                break;
            case KernelLevel.Vector256:
                AttentionBackward<Lanes256>.Run(shape, segments, q, k, v, output, logSumExp, dOutput, dq, dk, dv);
                break;
            case KernelLevel.Vector128:
                AttentionBackward<Lanes128>.Run(shape, segments, q, k, v, output, logSumExp, dOutput, dq, dk, dv);
                break;
            default:
                AttentionReference.Backward(shape, segments, q, k, v, output, logSumExp, dOutput, dq, dk, dv);
                break;
        }
    }

    static void CheckPages(
        AttentionShape shape, ReadOnlySpan<AttentionSegment> segments, ReadOnlySpan<float> q, in AttentionPages pages,
        ReadOnlySpan<int> table, ReadOnlySpan<int> tiles)
    {
        int queryRows = CheckShape(shape, q);
        if (pages.KeyDim != shape.HeadDim || pages.ValueDim > shape.HeadDim)
            throw new ArgumentException($"The {pages}, do not fit {shape}.", nameof(pages));
        foreach (AttentionSegment segment in segments)
        {
            int entries = TileCount(segment, tiles);
            if (!FitsQueries(segment, queryRows) || entries > table.Length - segment.KeyStart
                || segment.FirstKeyHead < 0 || shape.KeyValueHeads > pages.Heads - segment.FirstKeyHead)
            {
                throw new ArgumentException(
                    $"{segment} does not fit {queryRows} query rows, {table.Length} entries and {pages.Heads} heads.", nameof(segments));
            }

            foreach (int page in table.Slice(segment.KeyStart, entries))
            {
                if ((uint)page >= (uint)pages.Pages)
                    throw new ArgumentException($"The page table names page {page} of {pages.Pages}.", nameof(table));
            }
        }
    }

    static int CheckInputs(
        AttentionShape shape, ReadOnlySpan<AttentionSegment> segments, ReadOnlySpan<float> q, ReadOnlySpan<float> k,
        ReadOnlySpan<float> v)
    {
        int queryRows = CheckShape(shape, q);
        int keyRows = Require.RowCount(k.Length, shape.KeyValueHeads * shape.HeadDim, nameof(k));
        Require.Length(v.Length, k.Length, nameof(v));
        foreach (AttentionSegment segment in segments)
        {
            if (!FitsQueries(segment, queryRows) || segment.KeyCount > keyRows - segment.KeyStart || segment.FirstKeyHead != 0)
            {
                throw new ArgumentException(
                    $"{segment} does not fit {queryRows} query rows and {keyRows} key rows.", nameof(segments));
            }
        }

        return queryRows;
    }

    static void CheckTiles(AttentionShape shape, ReadOnlySpan<AttentionSegment> segments, ReadOnlySpan<int> tiles)
    {
        if (tiles.IsEmpty) return;
        if (shape.Window != 0) throw new ArgumentException("A window counts keys of full tiles.", nameof(tiles));
        foreach (int count in tiles)
        {
            if ((uint)count > AttentionPages.Tokens)
                throw new ArgumentException($"A tile of {count} keys; need 0 to {AttentionPages.Tokens}.", nameof(tiles));
        }

        foreach (AttentionSegment segment in segments)
        {
            if (TileCount(segment, tiles) < 0)
                throw new ArgumentException($"{segment} has more keys than its tiles.", nameof(tiles));
        }
    }

    /// <summary>Tiles that hold the keys of a segment; negative when there are not so many.</summary>
    static int TileCount(AttentionSegment segment, ReadOnlySpan<int> tiles)
    {
        if (tiles.IsEmpty) return (segment.KeyCount + AttentionPages.Tokens - 1) / AttentionPages.Tokens;
        int tile = segment.FirstTile;
        for (int left = segment.KeyCount; left > 0; left -= tiles[tile++])
        {
            if ((uint)tile >= (uint)tiles.Length) return -1;
        }

        return tile - segment.FirstTile;
    }

    static bool FitsQueries(AttentionSegment segment, int queryRows) =>
        segment.QueryStart >= 0 && segment.QueryCount >= 0 && segment.KeyStart >= 0
        && segment.QueryCount <= segment.KeyCount && segment.QueryCount <= queryRows - segment.QueryStart;

    static int CheckShape(AttentionShape shape, ReadOnlySpan<float> q)
    {
        Require.Positive(shape.KeyValueHeads, nameof(shape.KeyValueHeads));
        Require.Positive(shape.QueryHeads, nameof(shape.QueryHeads));
        Require.Positive(shape.HeadDim, nameof(shape.HeadDim));
        ArgumentOutOfRangeException.ThrowIfNegative(shape.Window);
        if (shape.QueryHeads % shape.KeyValueHeads != 0)
        {
            throw new ArgumentException(
                $"{shape.QueryHeads} query heads cannot share {shape.KeyValueHeads} key heads evenly.", nameof(shape));
        }

        return Require.RowCount(q.Length, shape.QueryHeads * shape.HeadDim, nameof(q));
    }
}
