using Moesaic.Methods.Calibration;

namespace Moesaic.Methods.Compression.Scores;

/// <summary>
/// Expert activation norm: Σ ‖f(x)‖ over the tokens that chose the expert, per token of the text (the best of the 16 criteria of MC-Suite, "MoE lottery
/// subnetworks"; EAN of REAP, Lasby et al. 2025).
/// </summary>
public sealed class ActivationNorm : IExpertScore
{
    /// <inheritdoc/>
    public double[] Of(int layer, ExpertStatistics statistics) => [.. statistics.Outputs.Norms.Select(n => n / Math.Max(1, statistics.Tokens))];
}
