namespace Moesaic.Models.Experts.Objectives;

/// <summary>
/// E Σₑ uₑ Pₑ, where uₑ is the mean combine weight of expert e, without the scale, and Pₑ its mean probability; both have a gradient
/// (BTX, Sukhbaatar et al. 2024, section 3.2). 1 at uniform routing with weights that sum to 1.
/// </summary>
public sealed class SoftBalance : ILogitObjective, IWeightObjective
{
    /// <inheritdoc/>
    public string Name => "soft_balance";

    /// <inheritdoc/>
    public int Sums(int experts) => 2 * experts;

    /// <inheritdoc/>
    public void Add(in RoutedToken token, Span<double> sums)
    {
        var p_E = token.Probabilities;
        for (var j = 0; j < token.Chosen.Length; j++) sums[token.Chosen[j]] += token.Weights[j] / token.Spec.Scale;
        for (var e = 0; e < p_E.Length; e++) sums[p_E.Length + e] += p_E[e];
    }

    /// <inheritdoc/>
    public double Value(RouterSpec spec, in TokenSums sums)
    {
        double sum = 0;
        for (var e = 0; e < spec.Experts; e++) sum += sums.Values[e] * sums.Values[spec.Experts + e];
        return sum * spec.Experts / sums.Tokens / sums.Tokens;
    }

    // u, then P.
    /// <inheritdoc/>
    public void Slopes(RouterSpec spec, in TokenSums sums, in Portion portion, Span<double> slopes)
    {
        for (var i = 0; i < sums.Values.Length; i++) slopes[i] = sums.Values[i] / sums.Tokens;
        slopes[^1] = (double)portion.Coefficient * spec.Experts / portion.Tokens;
    }

    /// <inheritdoc/>
    public void AddToLogits(in RoutedToken token, ReadOnlySpan<double> slopes, Span<double> dLogits) =>
        ProbabilityGradient.Add(token, slopes, slopes[^1], dLogits);

    /// <inheritdoc/>
    public void AddToWeights(in RoutedToken token, ReadOnlySpan<double> slopes, Span<float> dWeights)
    {
        for (var j = 0; j < token.Chosen.Length; j++)
            dWeights[j] += (float)(slopes[^1] * slopes[token.Spec.Experts + token.Chosen[j]] / token.Spec.Scale);
    }
}
