namespace Moesaic.Models.Experts.Objectives;

/// <summary>mean(logsumexp²), which keeps logits small (ST-MoE, Zoph et al. 2022, eq. 5); ∂/∂z = 2/n · logsumexp · softmax(z).</summary>
public sealed class ZLoss : ILogitObjective
{
    /// <inheritdoc/>
    public string Name => "z_loss";

    /// <inheritdoc/>
    public bool DependsOnSums => false;

    /// <inheritdoc/>
    public int Sums(int experts) => 1;

    /// <inheritdoc/>
    public void Add(in RoutedToken token, Span<double> sums) => sums[0] += (double)token.LogSumExp * token.LogSumExp;

    /// <inheritdoc/>
    public double Value(RouterSpec spec, in TokenSums sums) => sums.Values[0] / sums.Tokens;

    /// <inheritdoc/>
    public void Slopes(RouterSpec spec, in TokenSums sums, in Portion portion, Span<double> slopes) =>
        slopes[^1] = 2.0 * portion.Coefficient / portion.Tokens;

    /// <inheritdoc/>
    public void AddToLogits(in RoutedToken token, ReadOnlySpan<double> slopes, Span<double> dLogits)
    {
        var factor = slopes[^1] * token.LogSumExp;
        if (token.Spec.Affinity is RouterAffinity.SoftmaxBeforeSelection or RouterAffinity.SoftmaxAfterSelection)
            for (var e = 0; e < dLogits.Length; e++) dLogits[e] += token.Probabilities[e] * factor;
        else
            for (var e = 0; e < dLogits.Length; e++) dLogits[e] += MathF.Exp(token.Logits[e] - token.LogSumExp) * factor;
    }
}
