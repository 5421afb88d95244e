using System.Numerics;

namespace Moesaic.Kernels;

/// <summary>
/// The formulas of <see cref="CrossEntropy"/> as plain loops: one token and one row of logits at a time.
/// </summary>
static class CrossEntropyReference
{
    internal static void Forward<T>(
        ReadOnlySpan<T> hidden, ReadOnlySpan<T> head, ReadOnlySpan<int> targets, Span<T> losses)
        where T : IFloatingPointIeee754<T> =>
        ForwardBackward(hidden, head, targets, [], losses, [], [], T.Zero, []);

    internal static void ForwardBackward<T>(
        ReadOnlySpan<T> hidden, ReadOnlySpan<T> head, ReadOnlySpan<int> targets, ReadOnlySpan<T> weights,
        Span<T> losses, Span<T> dHidden, Span<T> dHead, T squareWeight, Span<T> squares)
        where T : IFloatingPointIeee754<T>
    {
        if (targets.IsEmpty) return;
        int width = hidden.Length / targets.Length, vocabulary = head.Length / width;
        var logits = new T[vocabulary];
        for (int t = 0; t < targets.Length; t++)
        {
            losses[t] = T.Zero;
            if (!squares.IsEmpty) squares[t] = T.Zero;
            if (targets[t] < 0) continue;
            ReadOnlySpan<T> row = hidden.Slice(t * width, width);
            T max = T.NegativeInfinity, sum = T.Zero;
            for (int word = 0; word < vocabulary; word++)
            {
                T logit = T.Zero;
                for (int i = 0; i < width; i++) logit += row[i] * head[word * width + i];
                logits[word] = logit;
                max = T.Max(max, logit);
            }

            foreach (T logit in logits) sum += T.Exp(logit - max);
            T total = max + T.Log(sum);
            losses[t] = total - logits[targets[t]];
            if (!squares.IsEmpty) squares[t] = total * total;
            T slope = T.One + ((T.One + T.One) * squareWeight * total);
            for (int word = 0; word < vocabulary && !weights.IsEmpty; word++)
            {
                T gradient = weights[t] * ((slope * T.Exp(logits[word] - total)) - (word == targets[t] ? T.One : T.Zero));
                for (int i = 0; i < width; i++)
                {
                    if (!dHidden.IsEmpty) dHidden[t * width + i] += gradient * head[word * width + i];
                    if (!dHead.IsEmpty) dHead[word * width + i] += gradient * row[i];
                }
            }
        }
    }
}
