using Moesaic.Methods.Calibration;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Compression.Scores;

/// <summary>An order by chance: the control that every score must beat.</summary>
/// <param name="seed">Of the order, another in every layer.</param>
public sealed class RandomScore(ulong seed) : IExpertScore
{
    /// <inheritdoc/>
    public double[] Of(int layer, ExpertStatistics statistics) => Of(layer, statistics.Experts);

    /// <summary>The same without statistics.</summary>
    /// <param name="layer">Its number.</param>
    /// <param name="experts">E.</param>
    /// <returns>A permutation of 1/E to 1.</returns>
    public double[] Of(int layer, int experts)
    {
        var scores = new double[experts];
        foreach (var (place, expert) in Shuffle.Order(experts, seed, layer).Index()) scores[expert] = (experts - place) / (double)experts;
        return scores;
    }
}
