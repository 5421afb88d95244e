using Moesaic.Methods.Calibration;

namespace Moesaic.Methods.Compression.Scores;

/// <summary>Mean ‖f(x)‖ over the tokens that chose the expert, however few they are (EAN mean of REAP, Lasby et al. 2025).</summary>
public sealed class MeanActivationNorm : IExpertScore
{
    /// <inheritdoc/>
    public bool IsMeanOfRouted => true;

    /// <inheritdoc/>
    public double[] Of(int layer, ExpertStatistics statistics) => [.. statistics.Outputs.Norms.Zip(statistics.Outputs.Rows, (sum, rows) => rows == 0 ? 0 : sum / rows)];

    /// <inheritdoc/>
    public double OfAllTokens(ExpertStatistics statistics, int expert) => statistics.AllOutputs!.Norms[expert] / Math.Max(1, statistics.AllOutputs.Rows[expert]);
}
