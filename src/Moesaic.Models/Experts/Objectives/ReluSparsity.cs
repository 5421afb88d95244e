namespace Moesaic.Models.Experts.Objectives;

/// <summary>
/// Σₑ fₑ R̄ₑ, where R = max(z, 0), R̄ₑ is its mean over the tokens and fₑ = E/(K n) times the number of tokens with R > 0, without a
/// gradient (ReMoE, Wang et al. 2024, eq. 9; its mean over the layers is in the coefficient). It makes the router sparse, and of busy
/// experts more than of idle ones.
/// </summary>
public sealed class ReluSparsity : ILogitObjective
{
    /// <inheritdoc/>
    public string Name => "relu_l1";

    /// <inheritdoc/>
    public int Sums(int experts) => 2 * experts;

    /// <inheritdoc/>
    public void Add(in RoutedToken token, Span<double> sums)
    {
        for (var e = 0; e < token.Logits.Length; e++)
        {
            if (!(token.Logits[e] > 0)) continue;
            sums[e]++;
            sums[token.Logits.Length + e] += token.Logits[e];
        }
    }

    /// <inheritdoc/>
    public double Value(RouterSpec spec, in TokenSums sums)
    {
        double sum = 0;
        for (var e = 0; e < spec.Experts; e++) sum += sums.Values[e] * sums.Values[spec.Experts + e];
        return sum * spec.Experts / spec.Chosen / sums.Tokens / sums.Tokens;
    }

    /// <inheritdoc/>
    public void Slopes(RouterSpec spec, in TokenSums sums, in Portion portion, Span<double> slopes)
    {
        for (var e = 0; e < spec.Experts; e++) slopes[e] = sums.Values[e] * spec.Experts / spec.Chosen / sums.Tokens;
        slopes[^1] = (double)portion.Coefficient / portion.Tokens;
    }

    /// <inheritdoc/>
    public void AddToLogits(in RoutedToken token, ReadOnlySpan<double> slopes, Span<double> dLogits)
    {
        for (var e = 0; e < dLogits.Length; e++)
            if (token.Logits[e] > 0) dLogits[e] += slopes[^1] * slopes[e];
    }
}
