using Moesaic.Methods.Calibration;

namespace Moesaic.Methods.Compression.Scores;

/// <summary>What an expert is worth, by statistics alone: the highest stay.</summary>
public interface IExpertScore
{
    /// <summary>Scores the experts of a layer.</summary>
    /// <param name="layer">Its number.</param>
    /// <param name="statistics">Of the layer.</param>
    /// <returns>[E], finite; an expert that no token chose has the score of nothing, 0.</returns>
    double[] Of(int layer, ExpertStatistics statistics);

    /// <summary>
    /// Whether the score is a mean over the tokens that chose the expert, so that few tokens make it a bad estimate. A sum over all tokens
    /// is none: that few chose the expert is what it says.
    /// </summary>
    bool IsMeanOfRouted => false;

    /// <summary>The score of an expert as estimated from all tokens, where <see cref="IsMeanOfRouted"/>.</summary>
    /// <param name="statistics">With <see cref="ExpertStatistics.AllOutputs"/>.</param>
    /// <param name="expert">Its number.</param>
    double OfAllTokens(ExpertStatistics statistics, int expert) => throw new NotSupportedException("not a mean over routed tokens");
}
