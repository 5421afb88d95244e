using Moesaic.Kernels;
using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>Slot 9 of the router: what joins the loss of a recorded pass, for each router by itself. One for all routers of a pass.</summary>
public interface IRouterObjective
{
    /// <summary>
    /// Adds the gradients with respect to the combine weights (which then goes back to the logits), and to what noise was made of.
    /// </summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="decisions">Of one router; the weights have a gradient.</param>
    void AddToWeights(Workspace workspace, in RouterDecisions decisions);

    /// <summary>Adds the gradients with respect to the logits. Called after <see cref="AddToWeights"/>.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="decisions">Of one router; the logits need a gradient.</param>
    void AddToLogits(Workspace workspace, in RouterDecisions decisions);
}

/// <summary>What one router decided in a recorded pass. Lives until the pass ends.</summary>
/// <param name="Router">Whose decisions.</param>
/// <param name="Logits">[T, E], all transforms done, noise added.</param>
/// <param name="Noisy">What learned noise was made of, or null without.</param>
/// <param name="Routing">The decisions.</param>
/// <param name="Counted">T flags: whether a token counts; empty when all do.</param>
/// <param name="Sequences">The sequences of the pass, by the rows of their queries.</param>
public readonly record struct RouterDecisions(
    Router Router, Tensor Logits, NoisyLogits? Noisy, Routing Routing, ReadOnlyMemory<bool> Counted, ReadOnlyMemory<AttentionSegment> Sequences);
