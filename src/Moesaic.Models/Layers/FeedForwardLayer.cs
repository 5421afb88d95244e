using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Models.Layers;

/// <summary>A layer's feed-forward: dense or a mixture.</summary>
public abstract class FeedForwardLayer
{
    /// <summary>Computes the feed-forward.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, D], normed.</param>
    /// <param name="input">Which tokens count, objectives.</param>
    /// <param name="statistics">Collects what the router decides, or null.</param>
    /// <returns>[T, D], to be added to the residual stream.</returns>
    public abstract Tensor Forward(Workspace workspace, Tensor x, PassInput input, RoutingStatistics? statistics);
}

/// <summary>SwiGLU: down(silu(gate(x)) · up(x)) (Shazeer 2020).</summary>
/// <param name="gate">[F, D].</param>
/// <param name="up">[F, D].</param>
/// <param name="down">[D, F].</param>
public sealed class DenseFeedForward(WeightMatrix gate, WeightMatrix up, WeightMatrix down) : FeedForwardLayer
{
    /// <summary>[F, D].</summary>
    public WeightMatrix Gate { get; } = gate;

    /// <summary>[F, D].</summary>
    public WeightMatrix Up { get; } = up;

    /// <summary>[D, F].</summary>
    public WeightMatrix Down { get; } = down;

    /// <inheritdoc/>
    public override Tensor Forward(Workspace workspace, Tensor x, PassInput input, RoutingStatistics? statistics) =>
        workspace.Linear(Inner(workspace, x), Down);

    /// <summary>silu(gate(x)) · up(x), [T, F]: what the neurons hold.</summary>
    public Tensor Inner(Workspace workspace, Tensor x)
    {
        var (gate, up) = workspace.Linear(x, Gate, Up);
        return workspace.SwiGlu(gate, up);
    }
}

/// <summary>Router, dispatch and experts put together: y = Σⱼ wⱼ Eⱼ(x) (+ σ(g·x) shared(x)).</summary>
/// <param name="router">Who is chosen.</param>
/// <param name="experts">What they compute.</param>
/// <param name="shared">The shared experts as one, or null.</param>
/// <param name="sharedGate">[1, D], or null when the shared experts have weight 1.</param>
public sealed class MixtureFeedForward(Router router, ExpertTable experts, DenseFeedForward? shared, WeightMatrix? sharedGate)
    : FeedForwardLayer
{
    /// <summary>Who is chosen.</summary>
    public Router Router { get; } = router;

    /// <summary>What the routed experts compute.</summary>
    public ExpertTable Experts { get; } = experts;

    /// <summary>The shared experts as one, or null.</summary>
    public DenseFeedForward? Shared { get; } = shared;

    /// <summary>g, [1, D], or null when the shared experts have weight 1.</summary>
    public WeightMatrix? SharedGate { get; } = sharedGate;

    /// <inheritdoc/>
    public override Tensor Forward(Workspace workspace, Tensor x, PassInput input, RoutingStatistics? statistics)
    {
        var routed = Routed(workspace, x, input, statistics);
        if (Shared is null) return routed;
        var always = Shared.Forward(workspace, x, input, null);
        if (SharedGate is not null) always = workspace.GateRows(always, workspace.Linear(x, SharedGate));
        return workspace.Residual(routed, always);
    }

    /// <summary>The routed part alone, [T, D].</summary>
    public Tensor Routed(Workspace workspace, Tensor x, PassInput input, RoutingStatistics? statistics) =>
        Follow(workspace, x, Router.Route(workspace, x, input, statistics, input.ExpertAnneal));

    /// <summary>The routed part for given decisions, [T, D]: zeros for a token that no expert gets.</summary>
    internal Tensor Follow(Workspace workspace, Tensor x, in Routing routing)
    {
        var dispatch = Dispatch.Sort(workspace, routing.Chosen.Span, routing.Weights.Columns, Router.Spec.Experts);
        var outputs = Experts.Forward(workspace, workspace.GatherRows(x, dispatch.Tokens), dispatch.Offsets);
        return workspace.CombineRows(outputs, dispatch.Slots, routing.Weights);
    }
}
