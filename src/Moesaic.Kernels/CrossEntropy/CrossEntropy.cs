namespace Moesaic.Kernels;

/// <summary>
/// Cross-entropy of a language-model head, fused with the head's product: logits z = hidden · headᵀ, loss = log Σ
/// exp(z) − z[target]. Shapes: hidden [T, D]; head [V, D]; targets, losses, weights [T]. A target of −1 is ignored: its
/// loss is 0 and it sends no gradient. Works through blocks of tokens × vocabulary; the logits [T, V] never exist as a
/// whole.
/// </summary>
/// <remarks>
/// Error against float64 at most 2e-6 · (1 + the largest magnitude of the buffer), at every <see cref="KernelLevel"/>; the
/// bits do not depend on the number of threads.
/// </remarks>
public static class CrossEntropy
{
    /// <summary>The loss of each token, in nats.</summary>
    /// <param name="hidden">[T, D].</param>
    /// <param name="head">[V, D].</param>
    /// <param name="targets">[T], 0 .. V − 1 or −1 for ignored; sets T.</param>
    /// <param name="losses">[T]; 0 where ignored.</param>
    /// <exception cref="ArgumentException">A target is outside the vocabulary or a size does not fit.</exception>
    public static void Forward(
        ReadOnlySpan<float> hidden, ReadOnlySpan<float> head, ReadOnlySpan<int> targets, Span<float> losses)
    {
        Check(hidden, head, targets, losses);
        switch (KernelSelection.Level)
        {
            case KernelLevel.Vector512: CrossEntropyVector<Lanes512>.Forward(hidden, head, targets, losses); break;
            case KernelLevel.Vector256: CrossEntropyVector<Lanes256>.Forward(hidden, head, targets, losses); break;
            case KernelLevel.Vector128: CrossEntropyVector<Lanes128>.Forward(hidden, head, targets, losses); break;
            default: CrossEntropyReference.Forward(hidden, head, targets, losses); break;
        }
    }

    /// <summary>
    /// Losses and gradients in one pass: with g = weight · ((1 + 2 squareWeight · logsumexp) softmax(z) − onehot(target)),
    /// dHidden += g · head and dHead += gᵀ · hidden.
    /// </summary>
    /// <param name="hidden">[T, D].</param>
    /// <param name="head">[V, D].</param>
    /// <param name="targets">[T], 0 .. V − 1 or −1 for ignored; sets T.</param>
    /// <param name="weights">
    /// [T], the derivative of the total by each token's loss, known beforehand (for a mean: 1 / count).
    /// </param>
    /// <param name="losses">[T]; unweighted; 0 where ignored.</param>
    /// <param name="dHidden">[T, D], added to; empty when not wanted.</param>
    /// <param name="dHead">[V, D], added to; empty when the head is frozen.</param>
    /// <param name="squareWeight">
    /// What logsumexp² counts in the total beside the loss: the z-loss of the head (PaLM, Chowdhery et al. 2022). Default 0.
    /// </param>
    /// <param name="squares">[T], logsumexp²; 0 where ignored. Empty when not wanted.</param>
    /// <exception cref="ArgumentException">A target is outside the vocabulary or a size does not fit.</exception>
    public static void ForwardBackward(
        ReadOnlySpan<float> hidden, ReadOnlySpan<float> head, ReadOnlySpan<int> targets, ReadOnlySpan<float> weights,
        Span<float> losses, Span<float> dHidden, Span<float> dHead, float squareWeight = 0, Span<float> squares = default)
    {
        Check(hidden, head, targets, losses);
        Require.Length(weights.Length, targets.Length, nameof(weights));
        Require.LengthOrEmpty(dHidden.Length, hidden.Length, nameof(dHidden));
        Require.LengthOrEmpty(dHead.Length, head.Length, nameof(dHead));
        Require.LengthOrEmpty(squares.Length, targets.Length, nameof(squares));
        switch (KernelSelection.Level)
        {
            case KernelLevel.Vector512:
                CrossEntropyVector<Lanes512>.ForwardBackward(hidden, head, targets, weights, losses, dHidden, dHead, squareWeight, squares);
                break;
            case KernelLevel.Vector256:
                CrossEntropyVector<Lanes256>.ForwardBackward(hidden, head, targets, weights, losses, dHidden, dHead, squareWeight, squares);
                break;
            case KernelLevel.Vector128:
                CrossEntropyVector<Lanes128>.ForwardBackward(hidden, head, targets, weights, losses, dHidden, dHead, squareWeight, squares);
                break;
            default:
                CrossEntropyReference.ForwardBackward(hidden, head, targets, weights, losses, dHidden, dHead, squareWeight, squares);
                break;
        }
    }

    static void Check(
        ReadOnlySpan<float> hidden, ReadOnlySpan<float> head, ReadOnlySpan<int> targets, Span<float> losses)
    {
        Require.Length(losses.Length, targets.Length, nameof(losses));
        if (targets.IsEmpty)
        {
            Require.Length(hidden.Length, 0, nameof(hidden));
            return;
        }

        int width = Require.RowCount(hidden.Length, targets.Length, nameof(hidden));
        Require.Positive(width, "The width of hidden");
        int vocabulary = Require.RowCount(head.Length, width, nameof(head));
        foreach (int target in targets)
        {
            if (target < -1 || target >= vocabulary)
                throw new ArgumentException($"Target {target} is outside the vocabulary of {vocabulary}.", nameof(targets));
        }
    }
}
