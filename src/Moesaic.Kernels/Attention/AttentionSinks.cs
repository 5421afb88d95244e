using System.Numerics;

namespace Moesaic.Kernels;

/// <summary>
/// The gradient of the sinks. Its part of a row's softmax is p = e^(sink − log Σ exp), it adds nothing to the output, and so
/// ∂/∂sink = −p δ with δ = Σ dOutput · output: a dot product a row and head, which beside the tiles is nothing.
/// </summary>
static class AttentionSinks
{
    internal static void Backward<T>(
        AttentionShape shape, ReadOnlySpan<AttentionSegment> segments, ReadOnlySpan<T> sinks, ReadOnlySpan<T> output,
        ReadOnlySpan<T> logSumExp, ReadOnlySpan<T> dOutput, Span<T> dSinks)
        where T : IFloatingPointIeee754<T>
    {
        for (int head = 0; head < dSinks.Length; head++)
        {
            double sum = 0;
            foreach (AttentionSegment segment in segments)
            {
                for (int row = segment.QueryStart; row < segment.QueryStart + segment.QueryCount; row++)
                {
                    int at = row * shape.QueryHeads + head;
                    ReadOnlySpan<T> result = output.Slice(at * shape.HeadDim, shape.HeadDim);
                    ReadOnlySpan<T> dResult = dOutput.Slice(at * shape.HeadDim, shape.HeadDim);
                    T delta = T.Zero;
                    for (int d = 0; d < result.Length; d++) delta += dResult[d] * result[d];
                    sum += double.CreateChecked(T.Exp(sinks[head] - logSumExp[at]) * delta);
                }
            }

            dSinks[head] -= T.CreateChecked(sum);
        }
    }
}
