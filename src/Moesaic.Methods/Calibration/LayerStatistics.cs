using Moesaic.Formats;

namespace Moesaic.Methods.Calibration;

/// <summary>What calibration saw of one layer.</summary>
/// <param name="Residual">How little it turns the residual stream.</param>
/// <param name="Experts">What its router and experts did; null unless its feed-forward is a mixture.</param>
public sealed record LayerStatistics(ResidualStatistics Residual, ExpertStatistics? Experts)
{
    /// <summary>What the router of its attention did; null unless its heads are experts.</summary>
    public RouterStatistics? Attention { get; init; }

    /// <summary>These, if every sum is a number.</summary>
    /// <param name="layer">For the message.</param>
    /// <exception cref="BadModelException">An expert or the layer gives NaN or infinity.</exception>
    internal LayerStatistics Checked(int layer)
    {
        if (Experts is { } experts)
            foreach (var outputs in new[] { experts.Outputs, experts.AllOutputs })
                for (var e = 0; e < outputs?.Experts; e++)
                    if (!double.IsFinite(outputs.Norms[e]) || !double.IsFinite(outputs.GatedNorms[e]))
                        throw new BadModelException($"Layer {layer}, expert {e}: its output on the calibration text is no finite number. The weights are damaged.");
        return double.IsFinite(Residual.Attention + Residual.FeedForward + Residual.Block) ? this
            : throw new BadModelException($"Layer {layer}: the residual stream of the calibration text is no finite number there. The weights are damaged.");
    }
}
