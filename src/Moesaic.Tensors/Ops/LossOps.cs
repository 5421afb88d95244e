using Moesaic.Kernels;

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
        var losses = workspace.Rent(1, hidden.Rows);
        var dense = head.Dense;
        if (!workspace.Recording || !(hidden.NeedsGradient || dense.NeedsGradient))
        {
            Kernels.CrossEntropy.Forward(hidden.Span, dense.Span, targets, losses.Span);
            return losses;
        }
        // The loss is the last operation: its gradients may go straight to where they belong.
        var dHidden = workspace.AddedGradient(hidden);
        var dHead = workspace.AddedGradient(dense);
        Kernels.CrossEntropy.ForwardBackward(hidden.Span, dense.Span, targets, weights, losses.Span,
            dHidden is null ? [] : dHidden.Span, dHead is null ? [] : dHead.Span);
        return losses;
    }
}
