using Moesaic.Methods.Calibration;

namespace Moesaic.Methods.Compression.Scores;

/// <summary>The expert's combine weight, mean over all tokens, 0 for those that did not choose it (REAP's baseline of that name, Lasby et al. 2025).</summary>
public sealed class WeightedFrequency : IExpertScore
{
    /// <inheritdoc/>
    public double[] Of(int layer, ExpertStatistics statistics) => [.. statistics.Gates.Select(g => g / Math.Max(1, statistics.Tokens))];
}
