using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Models.Layers;

/// <summary>A layer's feed-forward: dense, a mixture or absent.</summary>
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

/// <summary>Where there is no feed-forward: zeros, which nobody computes in a pass through the layer.</summary>
public sealed class AbsentFeedForward : FeedForwardLayer
{
    /// <inheritdoc/>
    public override Tensor Forward(Workspace workspace, Tensor x, PassInput input, RoutingStatistics? statistics) =>
        workspace.RentZeroed(x.Rows, x.Columns);
}

/// <summary>SwiGLU, down(silu(gate(x)) · up(x)) (Shazeer 2020), or without a gate down(f(up(x))).</summary>
/// <param name="gate">[F, D]; null without SwiGLU.</param>
/// <param name="up">[F, D].</param>
/// <param name="down">[D, F].</param>
/// <param name="activation">Between the projections.</param>
public sealed class DenseFeedForward(WeightMatrix? gate, WeightMatrix up, WeightMatrix down, Activation activation = Activation.Swiglu)
    : FeedForwardLayer
{
    /// <summary>Between the projections.</summary>
    public Activation Activation { get; } = activation;

    /// <summary>[F, D].</summary>
    /// <exception cref="InvalidOperationException">The <see cref="Activation"/> has no gate.</exception>
    public WeightMatrix Gate => gate ?? throw new InvalidOperationException($"a feed-forward with {Activation} has no gate");

    /// <summary>[F, D].</summary>
    public WeightMatrix Up { get; } = up;

    /// <summary>[D, F].</summary>
    public WeightMatrix Down { get; } = down;

    /// <inheritdoc/>
    public override Tensor Forward(Workspace workspace, Tensor x, PassInput input, RoutingStatistics? statistics) =>
        workspace.Linear(Inner(workspace, x), Down);

    /// <summary>As the shared experts of a mixture, whose neurons may be dropped.</summary>
    internal Tensor Forward(Workspace workspace, Tensor x, ExpertDropout? dropout, int layer, int expert)
    {
        var inner = Inner(workspace, x);
        dropout?.Apply(workspace, inner, layer, expert);
        return workspace.Linear(inner, Down);
    }

    /// <summary>silu(gate(x)) · up(x) or f(up(x)), [T, F]: what the neurons hold.</summary>
    public Tensor Inner(Workspace workspace, Tensor x)
    {
        if (Activation != Activation.Swiglu) return workspace.Activate(Activation.Kind(), workspace.Linear(x, Up));
        var (gate, up) = workspace.Linear(x, Gate, Up);
        return workspace.SwiGlu(gate, up);
    }
}

/// <summary>Router, dispatch and experts put together: y = Σⱼ wⱼ Eⱼ(x) (+ σ(g·x) shared(x), see <see cref="Models.SharedGate"/>).</summary>
/// <param name="router">Who is chosen.</param>
/// <param name="experts">What they compute.</param>
/// <param name="shared">The shared experts as one, or null.</param>
/// <param name="sharedGate">[1, D] or, where both halves are weighed, [2, D]; null when the shared experts have weight 1.</param>
/// <param name="sharedGateBias">[1, 2] where both halves are weighed, else null.</param>
/// <param name="layer">Number of the layer.</param>
public sealed class MixtureFeedForward(Router router, ExpertTable experts, DenseFeedForward? shared, WeightMatrix? sharedGate,
    Tensor? sharedGateBias = null, int layer = 0) : FeedForwardLayer
{
    /// <summary>Who is chosen.</summary>
    public Router Router { get; } = router;

    /// <summary>What the routed experts compute.</summary>
    public ExpertTable Experts { get; } = experts;

    /// <summary>The shared experts as one, or null.</summary>
    public DenseFeedForward? Shared { get; } = shared;

    /// <summary>g, [1, D], or [2, D] where both halves are weighed; null when the shared experts have weight 1.</summary>
    public WeightMatrix? SharedGate { get; } = sharedGate;

    /// <summary>[1, 2] where both halves are weighed, else null.</summary>
    public Tensor? SharedGateBias { get; } = sharedGateBias;

    /// <inheritdoc/>
    public override Tensor Forward(Workspace workspace, Tensor x, PassInput input, RoutingStatistics? statistics) =>
        WithShared(workspace, x, input, Routed(workspace, x, input, statistics));

    /// <summary>The whole layer for decisions from elsewhere, [T, D].</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, D].</param>
    /// <param name="input">Of the pass.</param>
    /// <param name="routing">Whom each token gets, by the numbers of this layer's experts, and with which weights.</param>
    public Tensor ForwardAs(Workspace workspace, Tensor x, PassInput input, in Routing routing) =>
        WithShared(workspace, x, input, Follow(workspace, x, routing));

    Tensor WithShared(Workspace workspace, Tensor x, PassInput input, Tensor routed)
    {
        if (Shared is null) return routed;
        var always = Shared.Forward(workspace, x, input.ExpertDropout, layer, Router.Spec.Experts);
        if (SharedGate is null) return workspace.Residual(routed, always);
        var logits = workspace.Linear(x, SharedGate, SharedGateBias);
        return SharedGateBias is not null ? workspace.MixRows(logits, routed, always)
            : workspace.Residual(routed, workspace.GateRows(always, logits));
    }

    /// <summary>The routed part alone, [T, D].</summary>
    public Tensor Routed(Workspace workspace, Tensor x, PassInput input, RoutingStatistics? statistics) =>
        Follow(workspace, x, Router.Route(workspace, x, input, statistics, input.ExpertAnneal), input.ExpertDropout, input.ExpertTap);

    /// <summary>What the experts give for the rows that were dispatched to them, [R, D].</summary>
    public Tensor Outputs(Workspace workspace, Tensor x, in Dispatch dispatch, ExpertDropout? dropout = null) =>
        Experts.Forward(workspace, workspace.GatherRows(x, dispatch.Tokens), dispatch, dropout, layer);

    /// <summary>The routed part for given decisions, [T, D]: zeros for a token that no expert gets.</summary>
    internal Tensor Follow(Workspace workspace, Tensor x, in Routing routing, ExpertDropout? dropout = null, IExpertTap? tap = null)
    {
        var dispatch = Dispatch.Sort(workspace, routing.Chosen.Span, routing.Weights.Columns, Router.Spec.Experts);
        var outputs = tap is null ? Outputs(workspace, x, dispatch, dropout) : tap.Outputs(workspace, this, x, routing, dispatch);
        var routed = workspace.CombineRows(outputs, dispatch.Slots, routing.Weights);
        return routing.Own is { } own ? workspace.Residual(routed, workspace.ScaleRows(x, own)) : routed;
    }
}
