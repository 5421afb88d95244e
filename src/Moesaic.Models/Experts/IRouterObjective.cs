using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>Slot 9 of the router: what joins the loss of a recorded pass. One for all routers of a pass.</summary>
public interface IRouterObjective
{
    /// <summary>Sees what a router decided, as soon as it has; also in passes that are not recorded, and once more in layers computed again.</summary>
    /// <param name="decisions">Of one router.</param>
    /// <returns>What gives the gradients when they are due; null when there are none.</returns>
    IRouterGradient? Observe(in RouterDecisions decisions);
}

/// <summary>The gradients of objectives on one router's decisions.</summary>
public interface IRouterGradient
{
    /// <summary>
    /// Adds those with respect to the combine weights, which then go back to the logits, and to what noise was made of. The weights have a
    /// gradient.
    /// </summary>
    /// <param name="workspace">The pass.</param>
    void AddToWeights(Workspace workspace);

    /// <summary>Adds those with respect to the logits, which need one. Called after <see cref="AddToWeights"/>.</summary>
    /// <param name="workspace">The pass.</param>
    void AddToLogits(Workspace workspace);
}
