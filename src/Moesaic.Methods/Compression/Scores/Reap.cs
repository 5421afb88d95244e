using Moesaic.Methods.Calibration;

namespace Moesaic.Methods.Compression.Scores;

/// <summary>
/// Router-weighted expert activation pruning (Lasby et al. 2025): the mean of g ‖f(x)‖ over the tokens that chose the expert, g its combine weight as the
/// model uses it (renormalised where the router does). How often it is chosen plays no part.
/// </summary>
public sealed class Reap : IExpertScore
{
    /// <inheritdoc/>
    public bool IsMeanOfRouted => true;

    /// <inheritdoc/>
    public double[] Of(int layer, ExpertStatistics statistics) => [.. statistics.Outputs.GatedNorms.Zip(statistics.Outputs.Rows, (sum, rows) => rows == 0 ? 0 : sum / rows)];

    /// <summary>As if chosen with the layer's mean combine weight: that times the mean of ‖f(x)‖, weighed by the expert's probability.</summary>
    public double OfAllTokens(ExpertStatistics statistics, int expert)
    {
        var meanGate = statistics.Gates.Sum() / Math.Max(1, statistics.Routed.Sum());
        return statistics.Probabilities[expert] > 0 ? meanGate * statistics.AllOutputs!.GatedNorms[expert] / statistics.Probabilities[expert] : 0;
    }
}
