using Moesaic.Methods.Calibration;

namespace Moesaic.Methods.Compression.Scores;

/// <summary>
/// The expert's probability, mean over all tokens whether they chose it or not (SEER-MoE's soft count, Muzio et al. 2024; Expert Drop of
/// Unified-MoE-Compression, He et al. 2024). Comparable between layers.
/// </summary>
public sealed class SoftCount : IExpertScore
{
    /// <inheritdoc/>
    public double[] Of(int layer, ExpertStatistics statistics) => [.. statistics.Probabilities.Select(p => p / Math.Max(1, statistics.Tokens))];
}
