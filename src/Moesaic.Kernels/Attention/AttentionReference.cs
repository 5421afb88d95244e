using System.Numerics;

namespace Moesaic.Kernels;

/// <summary>
/// The formulas of <see cref="Attention"/> as plain loops: one query and one head at a time, one row of weights.
/// </summary>
static class AttentionReference
{
    internal static void Forward<T>(
        AttentionShape shape, ReadOnlySpan<AttentionSegment> segments, ReadOnlySpan<T> q, ReadOnlySpan<T> k,
        ReadOnlySpan<T> v, Span<T> output, Span<T> logSumExp, ReadOnlySpan<T> sinks = default)
        where T : IFloatingPointIeee754<T>
    {
        int dim = shape.HeadDim, sharing = shape.QueryHeads / shape.KeyValueHeads;
        int queryWidth = shape.QueryHeads * dim, keyWidth = shape.KeyValueHeads * dim;
        T scale = T.CreateChecked(shape.Scale);
        foreach (AttentionSegment segment in segments)
        {
            var weights = new T[segment.KeyCount];
            for (int i = 0; i < segment.QueryCount; i++)
            {
                int row = segment.QueryStart + i, visible = segment.KeyCount - segment.QueryCount + i + 1;
                int first = shape.FirstKey(visible);
                for (int head = 0; head < shape.QueryHeads; head++)
                {
                    int at = row * queryWidth + head * dim, keyAt = segment.KeyStart * keyWidth + head / sharing * dim;
                    ReadOnlySpan<T> query = q.Slice(at, dim);
                    T max = sinks.IsEmpty ? T.NegativeInfinity : sinks[head];
                    for (int j = first; j < visible; j++)
                    {
                        weights[j] = scale * Dot(query, k.Slice(keyAt + j * keyWidth, dim));
                        max = T.Max(max, weights[j]);
                    }

                    T sum = sinks.IsEmpty ? T.Zero : T.Exp(sinks[head] - max);
                    for (int j = first; j < visible; j++) sum += weights[j] = T.Exp(weights[j] - max);
                    Span<T> result = output.Slice(at, dim);
                    result.Clear();
                    for (int j = first; j < visible; j++)
                        AddScaled(result, v.Slice(keyAt + j * keyWidth, dim), weights[j] / sum);
                    if (!logSumExp.IsEmpty) logSumExp[row * shape.QueryHeads + head] = max + T.Log(sum);
                }
            }
        }
    }

    /// <summary>Gathers each segment's keys and values from its pages and does the same.</summary>
    internal static unsafe void Forward(
        AttentionShape shape, ReadOnlySpan<AttentionSegment> segments, ReadOnlySpan<float> q, in AttentionPages pages,
        ReadOnlySpan<int> table, Span<float> output, ReadOnlySpan<float> sinks, ReadOnlySpan<int> tiles)
    {
        int dim = shape.HeadDim, width = shape.KeyValueHeads * dim;
        foreach (AttentionSegment segment in segments)
        {
            float[] k = new float[segment.KeyCount * width], v = new float[k.Length];
            for (int i = 0, entry = 0, row = 0; i < k.Length; i += dim)
            {
                int head = segment.FirstKeyHead + i % width / dim;
                if (i > 0 && i % width == 0) row++;
                while (row == (tiles.IsEmpty ? AttentionPages.Tokens : tiles[segment.FirstTile + entry])) (entry, row) = (entry + 1, 0);
                int page = table[segment.KeyStart + entry];
                float* tile = KeyTile.Read(pages.Encoding, pages.Keys(page, head), pages.KeyDim);
                for (int d = 0; d < dim; d++) k[i + d] = tile[d * AttentionPages.Tokens + row];
                tile = ValueTile.Read(pages.Encoding, pages.Values(page, head), row + 1, pages.ValueDim);
                new ReadOnlySpan<float>(tile + row * pages.ValueDim, pages.ValueDim).CopyTo(v.AsSpan(i));
            }

            Forward<float>(shape, [segment with { KeyStart = 0 }], q, k, v, output, [], sinks);
        }
    }

    internal static void Backward<T>(
        AttentionShape shape, ReadOnlySpan<AttentionSegment> segments, ReadOnlySpan<T> q, ReadOnlySpan<T> k,
        ReadOnlySpan<T> v, ReadOnlySpan<T> output, ReadOnlySpan<T> logSumExp, ReadOnlySpan<T> dOutput,
        Span<T> dq, Span<T> dk, Span<T> dv)
        where T : IFloatingPointIeee754<T>
    {
        int dim = shape.HeadDim, sharing = shape.QueryHeads / shape.KeyValueHeads;
        int queryWidth = shape.QueryHeads * dim, keyWidth = shape.KeyValueHeads * dim;
        T scale = T.CreateChecked(shape.Scale);
        foreach (AttentionSegment segment in segments)
        {
            for (int i = 0; i < segment.QueryCount; i++)
            {
                int row = segment.QueryStart + i, visible = segment.KeyCount - segment.QueryCount + i + 1;
                int first = shape.FirstKey(visible);
                for (int head = 0; head < shape.QueryHeads; head++)
                {
                    int at = row * queryWidth + head * dim, keyAt = segment.KeyStart * keyWidth + head / sharing * dim;
                    ReadOnlySpan<T> query = q.Slice(at, dim), dResult = dOutput.Slice(at, dim);
                    T delta = Dot(dResult, output.Slice(at, dim)), total = logSumExp[row * shape.QueryHeads + head];
                    for (int j = first; j < visible; j++)
                    {
                        int key = keyAt + j * keyWidth;
                        T weight = T.Exp(scale * Dot(query, k.Slice(key, dim)) - total);
                        T dScore = scale * weight * (Dot(dResult, v.Slice(key, dim)) - delta);
                        AddScaled(dv.Slice(key, dim), dResult, weight);
                        AddScaled(dq.Slice(at, dim), k.Slice(key, dim), dScore);
                        AddScaled(dk.Slice(key, dim), query, dScore);
                    }
                }
            }
        }
    }

    static T Dot<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b)
        where T : IFloatingPointIeee754<T>
    {
        T sum = T.Zero;
        for (int i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    static void AddScaled<T>(Span<T> destination, ReadOnlySpan<T> source, T scale)
        where T : IFloatingPointIeee754<T>
    {
        for (int i = 0; i < destination.Length; i++) destination[i] += scale * source[i];
    }
}
