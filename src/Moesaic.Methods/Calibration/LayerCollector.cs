using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Methods.Calibration;

/// <summary>Watches one layer at work: the running model's own router and experts, which it does not change by a bit.</summary>
sealed class LayerCollector : IRouterObjective, IExpertTap
{
    readonly Block block;
    readonly MixtureFeedForward? mixture;
    readonly ExpertStatistics? experts;
    readonly ExpertAttention? heads;
    readonly RouterStatistics? attention;
    ResidualStatistics residual = new();
    ReadOnlyMemory<bool> counted;
    float[] gates = [];

    /// <param name="block">The layer.</param>
    /// <param name="width">D.</param>
    /// <param name="rows">Which rows of experts are looked at.</param>
    public LayerCollector(Block block, int width, CalibratedRows rows)
    {
        this.block = block;
        mixture = block.FeedForward as MixtureFeedForward;
        if (mixture?.Router.Spec is { } router)
            experts = new ExpertStatistics(router.Experts, RouterStatistics.PlacesOf(router), width, rows == CalibratedRows.All);
        heads = block.Attention as ExpertAttention;
        if (heads?.Router.Spec is { } ofHeads) attention = new RouterStatistics(ofHeads.Experts, RouterStatistics.PlacesOf(ofHeads));
    }

    /// <summary>What was seen.</summary>
    public LayerStatistics Result => new(residual, experts) { Attention = attention };

    /// <summary>Runs a pass through the layer.</summary>
    /// <param name="workspace">Begun, not recording.</param>
    /// <param name="x">[T, D]; may be overwritten.</param>
    /// <param name="input">The pass.</param>
    /// <returns>[T, D].</returns>
    public Tensor Run(Workspace workspace, Tensor x, PassInput input)
    {
        (counted, input.Objectives, input.ExpertTap) = (input.Counted, this, this);
        // Without recording, sums of the residual stream are written into the stream itself.
        var before = Copy(workspace, x);
        x = block.ForwardAttention(workspace, x, input);
        var between = Copy(workspace, x);
        x = block.ForwardFeedForward(workspace, x, input);
        (input.Objectives, input.ExpertTap) = (null, null);
        residual = residual.And(before, between, x, counted);
        return x;
    }

    static Tensor Copy(Workspace workspace, Tensor x)
    {
        var copy = workspace.Rent(x.Rows, x.Columns);
        x.Span.CopyTo(copy.Span);
        return copy;
    }

    IRouterGradient? IRouterObjective.Observe(in RouterDecisions decisions)
    {
        if (ReferenceEquals(decisions.Router, mixture?.Router)) experts!.Add(decisions);
        else if (ReferenceEquals(decisions.Router, heads?.Router)) attention!.Add(decisions);
        return null;
    }

    Tensor IExpertTap.Outputs(Workspace workspace, MixtureFeedForward layer, Tensor x, in Routing routing, in Dispatch dispatch)
    {
        var outputs = experts!.AllOutputs is { } all
            ? AllExperts.Outputs(workspace, layer, x, routing, dispatch, all, counted) : layer.Outputs(workspace, x, dispatch);
        if (gates.Length < outputs.Rows) gates = new float[outputs.Rows];
        var slots = dispatch.Slots.Span;
        for (var slot = 0; slot < slots.Length; slot++)
            if (slots[slot] >= 0) gates[slots[slot]] = routing.Weights.Span[slot];
        experts.Outputs.Add(outputs, dispatch, gates, counted);
        return outputs;
    }
}
