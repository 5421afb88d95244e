using Moesaic.Kernels;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Moesaic.Tensors;

/// <summary>Losses: they seed the backward pass.</summary>
public static class LossOps
{
    /// <summary>
    /// Cross-entropy of the next token, fused with the vocabulary projection so that no [T, V] array exists. When
    /// recording, the gradient of Σ weights[t]·loss[t] is computed here and handed over in <see cref="Workspace.Backward"/>.
    /// </summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="hidden">[T, D], after the last norm.</param>
    /// <param name="head">[V, D].</param>
    /// <param name="targets">T token ids; −1 is not counted.</param>
    /// <param name="weights">T factors, usually 1 / number of counted targets; only read when recording.</param>
    /// <returns>[1, T], nats per token, 0 where not counted.</returns>
    public static Tensor CrossEntropy(this Workspace workspace, Tensor hidden, WeightMatrix head, ReadOnlySpan<int> targets,
        ReadOnlySpan<float> weights)
    {
        if (!workspace.Recording || !(hidden.NeedsGradient || head.Dense.NeedsGradient)) return workspace.TokenLosses(hidden, head, targets);
        var losses = workspace.Rent(1, hidden.Rows);
        var dense = head.Dense;
        // The loss is the last operation: its gradients may go straight to where they belong.
        var dHidden = workspace.AddedGradient(hidden);
        var dHead = workspace.AddedGradient(dense);
        Kernels.CrossEntropy.ForwardBackward(hidden.Span, dense.Span, targets, weights, losses.Span,
            dHidden is null ? [] : dHidden.Span, dHead is null ? [] : dHead.Span);
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
        if (head is EncodedTensor) OfLogits(workspace, hidden, head, targets, losses);
        else Kernels.CrossEntropy.Forward(hidden.Span, head.Dense.Span, targets, losses.Span);
        return losses;
    }

    // An encoded head is not trained: its logits are computed like any others, a block of tokens at a time.
    static unsafe void OfLogits(Workspace workspace, Tensor hidden, WeightMatrix head, ReadOnlySpan<int> targets, Tensor losses)
    {
        const int BlockTokens = 64;
        losses.Span.Clear();
        for (var first = 0; first < hidden.Rows; first += BlockTokens)
        {
            using var scope = workspace.OpenScope();
            var count = Math.Min(BlockTokens, hidden.Rows - first);
            var logits = workspace.Rent(count, head.Rows);
            workspace.Products.Add(hidden.Pointer + ((long)first * hidden.Columns), count, head, logits.Pointer);
            workspace.Products.Run();
            for (var t = 0; t < count; t++)
            {
                var target = targets[first + t];
                if (target < 0) continue;
                var row = logits.Row(t);
                var best = TensorPrimitives.IndexOfMax<float>(row);
                var (top, wanted) = (row[best], row[target]);
                Softmax.Rows(row, row.Length, row);
                // The largest probability is at least 1/V: its logarithm is exact enough to recover logsumexp.
                losses.Span[first + t] = top - wanted - MathF.Log(row[best]);
            }
        }
    }
}
