namespace Moesaic.Models.Experts.Objectives;

/// <summary>
/// H(e|x) − H(e): the mean entropy of a token's probabilities minus the entropy of their mean (ModuleFormer, Shen et al. 2023; DS-MoE, Pan et
/// al. 2024). Between −ln E, where all experts have as many tokens and every token is certain, and 0; ∂/∂pₑ = (ln Pₑ − ln pₑ)/n.
/// </summary>
public sealed class MutualInformation : ILogitObjective
{
    /// <inheritdoc/>
    public string Name => "mutual_information";

    /// <inheritdoc/>
    public int Sums(int experts) => experts + 1;

    /// <inheritdoc/>
    public void Add(in RoutedToken token, Span<double> sums)
    {
        var p_E = token.Probabilities;
        for (var e = 0; e < p_E.Length; e++)
        {
            if (p_E[e] == 0) continue;
            sums[e] += p_E[e];
            sums[^1] += p_E[e] * token.LogProbability(e);
        }
    }

    /// <inheritdoc/>
    public double Value(RouterSpec spec, in TokenSums sums)
    {
        var value = -sums.Values[^1] / sums.Tokens;
        foreach (var sum in sums.Values[..^1])
            if (sum > 0) value += sum / sums.Tokens * Math.Log(sum / sums.Tokens);
        return value;
    }

    /// <inheritdoc/>
    public void Slopes(RouterSpec spec, in TokenSums sums, in Portion portion, Span<double> slopes)
    {
        // 0 where no token has any probability: there is none to move.
        for (var e = 0; e < spec.Experts; e++) slopes[e] = sums.Values[e] > 0 ? Math.Log(sums.Values[e] / sums.Tokens) : 0;
        slopes[^1] = (double)portion.Coefficient / portion.Tokens;
    }

    /// <inheritdoc/>
    public void AddToLogits(in RoutedToken token, ReadOnlySpan<double> slopes, Span<double> dLogits)
    {
        var p_E = token.Probabilities;
        Span<double> gradient = p_E.Length <= 512 ? stackalloc double[p_E.Length] : new double[p_E.Length];
        for (var e = 0; e < p_E.Length; e++) gradient[e] = p_E[e] == 0 ? 0 : slopes[e] - token.LogProbability(e);
        ProbabilityGradient.Add(token, gradient, slopes[^1], dLogits);
    }
}
