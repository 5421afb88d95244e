namespace Moesaic.Methods.Alignment;

/// <summary>How the output of one module is changed, channel by channel: y becomes magnitude · y + bias.</summary>
/// <param name="Magnitude">D factors: √(reference variance / own variance); 1 for a channel that does not vary.</param>
/// <param name="Bias">D terms: reference mean − magnitude · own mean.</param>
public sealed record ModuleAlignment(double[] Magnitude, double[] Bias)
{
    // Of the mean variance: what varies less holds rounding alone.
    const double Still = 1e-12;

    /// <summary>What makes the statistics of an output those of the reference.</summary>
    public static ModuleAlignment Of(ChannelStatistics reference, ChannelStatistics own)
    {
        var floor = Still * own.Variance.Average();
        double[] magnitude = [.. own.Variance.Select((v, d) => v > floor && reference.Variance[d] > 0 ? Math.Sqrt(reference.Variance[d] / v) : 1)];
        return new ModuleAlignment(magnitude, [.. magnitude.Select((m, d) => reference.Mean[d] - (m * own.Mean[d]))]);
    }
}
