using Moesaic.Methods.Calibration;

namespace Moesaic.Methods.Compression.Scores;

/// <summary>
/// ‖mean of f(x)‖ over the tokens that chose the expert (the characteristic activation's norm of REAP, Lasby et al. 2025): an expert whose outputs cancel out
/// counts little.
/// </summary>
public sealed class MeanOutputNorm : IExpertScore
{
    /// <inheritdoc/>
    public bool IsMeanOfRouted => true;

    /// <inheritdoc/>
    public double[] Of(int layer, ExpertStatistics statistics) => [.. Enumerable.Range(0, statistics.Experts).Select(e => Norm(statistics.Outputs, e))];

    /// <inheritdoc/>
    public double OfAllTokens(ExpertStatistics statistics, int expert) => Norm(statistics.AllOutputs!, expert);

    static double Norm(OutputStatistics outputs, int expert) => Math.Sqrt(outputs.Mean(expert).Sum(f => f * f));
}
