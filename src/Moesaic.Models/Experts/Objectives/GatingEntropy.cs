namespace Moesaic.Models.Experts.Objectives;

/// <summary>
/// The mean entropy of a token's probabilities, which makes tokens certain so that fewer experts carry them (SEER-MoE, Muzio et al. 2024, stage 2). Between 0
/// and ln E; ∂/∂pₑ = −(ln pₑ + 1)/n.
/// </summary>
public sealed class GatingEntropy : ILogitObjective
{
    /// <inheritdoc/>
    public string Name => "gating_entropy";

    /// <inheritdoc/>
    public bool DependsOnSums => false;

    /// <inheritdoc/>
    public int Sums(int experts) => 1;

    /// <inheritdoc/>
    public void Add(in RoutedToken token, Span<double> sums)
    {
        var p_E = token.Probabilities;
        for (var e = 0; e < p_E.Length; e++)
            if (p_E[e] > 0) sums[0] -= p_E[e] * token.LogProbability(e);
    }

    /// <inheritdoc/>
    public double Value(RouterSpec spec, in TokenSums sums) => sums.Values[0] / sums.Tokens;

    /// <inheritdoc/>
    public void Slopes(RouterSpec spec, in TokenSums sums, in Portion portion, Span<double> slopes) => slopes[^1] = (double)portion.Coefficient / portion.Tokens;

    /// <inheritdoc/>
    public void AddToLogits(in RoutedToken token, ReadOnlySpan<double> slopes, Span<double> dLogits)
    {
        var p_E = token.Probabilities;
        Span<double> gradient = p_E.Length <= 512 ? stackalloc double[p_E.Length] : new double[p_E.Length];
        // The 1 is the same for all experts of a token, and probabilities that sum to 1 do not feel it.
        for (var e = 0; e < p_E.Length; e++) gradient[e] = p_E[e] == 0 ? 0 : -token.LogProbability(e);
        ProbabilityGradient.Add(token, gradient, slopes[^1], dLogits);
    }
}
