namespace Moesaic.Models.Experts.Objectives;

/// <summary>cv² of the importance of the experts, each the sum of its combine weights without the scale (Shazeer et al. 2017, eq. 6 and 7).</summary>
public sealed class ImportanceVariation : IWeightObjective
{
    /// <inheritdoc/>
    public string Name => "importance";

    /// <inheritdoc/>
    public int Sums(int experts) => experts;

    /// <inheritdoc/>
    public void Add(in RoutedToken token, Span<double> sums)
    {
        for (var j = 0; j < token.Chosen.Length; j++) sums[token.Chosen[j]] += token.Weights[j] / token.Spec.Scale;
    }

    /// <inheritdoc/>
    public double Value(RouterSpec spec, in TokenSums sums) => Variation.Value(sums.Values);

    /// <inheritdoc/>
    public void Slopes(RouterSpec spec, in TokenSums sums, in Portion portion, Span<double> slopes) => Variation.Slopes(sums, portion, slopes);

    /// <inheritdoc/>
    public void AddToWeights(in RoutedToken token, ReadOnlySpan<double> slopes, Span<float> dWeights)
    {
        for (var j = 0; j < token.Chosen.Length; j++) dWeights[j] += (float)(slopes[^1] * slopes[token.Chosen[j]] / token.Spec.Scale);
    }
}
