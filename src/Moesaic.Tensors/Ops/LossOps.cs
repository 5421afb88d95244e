using Moesaic.Kernels;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Moesaic.Tensors;

/// <summary>Losses: they seed the backward pass.</summary>
public static class LossOps
{
    const int BlockTokens = 64;

    // 128 MiB.
    const int LogitsOfBlock = 1 << 25;

    /// <summary>
    /// Cross-entropy of the next token, fused with the vocabulary projection so that no [T, V] array exists. When
    /// recording, the gradient of Σ weights[t]·loss[t] is computed here and handed over in <see cref="Workspace.Backward"/>.
    /// </summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="hidden">[T, D], after the last norm.</param>
    /// <param name="head">[V, D].</param>
    /// <param name="targets">T token ids; −1 is not counted.</param>
    /// <param name="weights">T factors, usually 1 / number of counted targets; only read when recording.</param>
    /// <param name="squareWeight">
    /// When recording the gradient is that of Σ weights[t]·(loss[t] + squareWeight·logsumexp[t]²), with the z-loss of the head (OpenMoE, Xue
    /// et al. 2024: 1e-3). Default 0.
    /// </param>
    /// <param name="squares">[1, T], logsumexp² when recording, 0 where not counted; null when not wanted.</param>
    /// <returns>[1, T], nats per token, 0 where not counted.</returns>
    public static Tensor CrossEntropy(this Workspace workspace, Tensor hidden, WeightMatrix head, ReadOnlySpan<int> targets,
        ReadOnlySpan<float> weights, float squareWeight = 0, Tensor? squares = null)
    {
        if (!workspace.Recording || !(hidden.NeedsGradient || head.Learns)) return workspace.TokenLosses(hidden, head, targets);
        var losses = workspace.Rent(1, hidden.Rows);
        // The loss is the last operation: its gradients may go straight to where they belong.
        var dHidden = workspace.AddedGradient(hidden);
        var dHead = head.Master is { } master ? workspace.AddedGradient(master) : null;
        if (head.Factor is EncodedTensor encoded) OfLogits(workspace, hidden, encoded, targets, losses, new(weights, dHidden, dHead, squareWeight, squares));
        else Kernels.CrossEntropy.ForwardBackward(hidden.Span, head.Factor.Dense.Span, targets, weights, losses.Span,
            dHidden is null ? [] : dHidden.Span, dHead is null ? [] : dHead.Span, squareWeight, squares is null ? [] : squares.Span);
        return losses;
    }

    /// <summary>The losses of <see cref="CrossEntropy"/> alone, without a gradient even when recording.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="hidden">[T, D], after the last norm.</param>
    /// <param name="head">[V, D].</param>
    /// <param name="targets">T token ids; −1 is not counted.</param>
    /// <returns>[1, T], nats per token, 0 where not counted: minus the logarithm of each target's probability.</returns>
    public static Tensor TokenLosses(this Workspace workspace, Tensor hidden, WeightMatrix head, ReadOnlySpan<int> targets)
    {
        var losses = workspace.Rent(1, hidden.Rows);
        if (head.Factor is EncodedTensor encoded) OfLogits(workspace, hidden, encoded, targets, losses, default);
        else Kernels.CrossEntropy.Forward(hidden.Span, head.Factor.Dense.Span, targets, losses.Span);
        return losses;
    }

    readonly ref struct Gradients(ReadOnlySpan<float> weights, Tensor? hidden, Tensor? head, float squareWeight, Tensor? squares)
    {
        public ReadOnlySpan<float> Weights { get; } = weights;

        public Tensor? Hidden { get; } = hidden;

        public Tensor? Head { get; } = head;

        public float SquareWeight { get; } = squareWeight;

        public Tensor? Squares { get; } = squares;
    }

    // The logits of an encoded head are computed like any others, a block of tokens at a time.
    static unsafe void OfLogits(Workspace workspace, Tensor hidden, EncodedTensor head, ReadOnlySpan<int> targets, Tensor losses, Gradients gradients)
    {
        losses.Span.Clear();
        gradients.Squares?.Span.Clear();
        var learns = gradients.Hidden is not null || gradients.Head is not null;
        // Whoever learns decodes the head once more for every block.
        var most = learns ? Math.Clamp(LogitsOfBlock / head.Rows, BlockTokens, 1024) : BlockTokens;
        using var scope = workspace.OpenScope();
        var logits = workspace.Rent(Math.Min(most, hidden.Rows), head.Rows);
        for (var first = 0; first < hidden.Rows; first += most)
        {
            var count = Math.Min(most, hidden.Rows - first);
            var x = hidden.Pointer + ((long)first * hidden.Columns);
            workspace.Products.Add(x, count, head, logits.Pointer);
            workspace.Products.Run();
            for (var t = 0; t < count; t++)
            {
                var target = targets[first + t];
                var row = logits.Row(t);
                if (target < 0)
                {
                    if (learns) row.Clear();
                    continue;
                }
                var best = TensorPrimitives.IndexOfMax<float>(row);
                var (top, wanted) = (row[best], row[target]);
                Softmax.Rows(row, row.Length, row);
                // The largest probability is at least 1/V: its logarithm is exact enough to recover logsumexp.
                losses.Span[first + t] = top - wanted - MathF.Log(row[best]);
                if (!learns) continue;
                var total = top - MathF.Log(row[best]);
                if (gradients.Squares is { } squares) squares.Span[first + t] = total * total;
                if (gradients.SquareWeight != 0) Elementwise.Scale(row, 1 + (2 * gradients.SquareWeight * total));
                row[target] -= 1;
                Elementwise.Scale(row, gradients.Weights[first + t]);
            }
            if (gradients.Hidden is { } dHidden)
                EncodedTransposed.Run(head.Matrix, logits.Pointer, count, dHidden.Pointer + ((long)first * hidden.Columns), accumulate: true);
            if (gradients.Head is { } dHead)
                MatMul.Run(MatMulForm.AtB, new MatMulProblem
                {
                    A = logits.Pointer, B = x, C = dHead.Pointer, M = head.Rows, N = head.Columns, K = count,
                    LdA = head.Rows, LdB = head.Columns, LdC = head.Columns, Accumulate = true,
                });
        }
    }
}
