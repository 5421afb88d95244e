using Moesaic.Methods.Calibration;

namespace Moesaic.Methods.Compression.Scores;

/// <summary>
/// The part of the tokens that chose the expert (SEER-MoE's hard count, Muzio et al. 2024). Looks well on multiple choice and destroys
/// generation when half of the experts go (REAP, Lasby et al. 2025).
/// </summary>
public sealed class Frequency : IExpertScore
{
    /// <inheritdoc/>
    public double[] Of(int layer, ExpertStatistics statistics) => [.. statistics.Routed.Select(n => n / (double)Math.Max(1, statistics.Tokens))];
}
