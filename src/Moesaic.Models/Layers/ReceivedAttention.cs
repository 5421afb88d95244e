using Moesaic.Kernels;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Moesaic.Models.Layers;

/// <summary>
/// How much attention tokens receive: of token j the mean over heads and over the queries i ≥ j of its sequence of A_ij, where only the queries
/// and the keys of the pass count (<see cref="TokenProtection"/>). The sum runs over queries, the columns of A; over keys it would always be 1.
/// </summary>
static class ReceivedAttention
{
    /// <summary>Computes it anew from queries and keys: T²/2 products per head, which the attention itself does not keep.</summary>
    /// <param name="shape">Heads and scale.</param>
    /// <param name="segments">The sequences, by the rows of their queries; one of a single row is left out.</param>
    /// <param name="queries">[T, Hq·headDim], rotated.</param>
    /// <param name="keys">[T, Hkv·headDim], rotated.</param>
    /// <param name="sinks">[Hq], or empty.</param>
    /// <param name="received">T values, overwritten; 0 for tokens that are left out.</param>
    public static void Compute(AttentionShape shape, ReadOnlySpan<AttentionSegment> segments, ReadOnlySpan<float> queries, ReadOnlySpan<float> keys,
        ReadOnlySpan<float> sinks, Span<float> received)
    {
        received.Clear();
        int dim = shape.HeadDim, perKey = shape.QueryHeads / shape.KeyValueHeads;
        foreach (var segment in segments)
        {
            var (start, count) = (segment.QueryStart, segment.QueryCount);
            if (count < 2) continue;
            var scores = new float[count];
            for (var head = 0; head < shape.QueryHeads; head++)
                for (var i = 0; i < count; i++)
                {
                    var first = shape.Window == 0 ? 0 : Math.Max(0, i + 1 - shape.Window);
                    var query = queries.Slice((((start + i) * shape.QueryHeads) + head) * dim, dim);
                    var row = scores.AsSpan(first, i + 1 - first);
                    for (var j = first; j <= i; j++)
                        scores[j] = shape.Scale * TensorPrimitives.Dot(query, keys.Slice((((start + j) * shape.KeyValueHeads) + (head / perKey)) * dim, dim));
                    var most = TensorPrimitives.Max(row);
                    TensorPrimitives.Subtract(row, most, row);
                    TensorPrimitives.Exp(row, row);
                    var sum = TensorPrimitives.Sum<float>(row) + (sinks.IsEmpty ? 0 : MathF.Exp(sinks[head] - most));
                    TensorPrimitives.MultiplyAdd(row, 1 / sum, received.Slice(start + first, row.Length), received.Slice(start + first, row.Length));
                }
            for (var j = 0; j < count; j++) received[start + j] /= shape.QueryHeads * (count - j);
        }
    }
}
