using Moesaic.Methods.Calibration;

namespace Moesaic.Methods.Compression.Scores;

/// <summary>
/// Σ g ‖f(x)‖ over the tokens that chose the expert, per token of the text, g its combine weight: what it adds to the layer in all (the gate-weighted
/// EAN of REAP, Lasby et al. 2025). REAP times the frequency.
/// </summary>
public sealed class GatedActivationNorm : IExpertScore
{
    /// <inheritdoc/>
    public double[] Of(int layer, ExpertStatistics statistics) => [.. statistics.Outputs.GatedNorms.Select(n => n / Math.Max(1, statistics.Tokens))];
}
