namespace Moesaic.Methods.Competition;

/// <summary>
/// Experts that compete to explain a case: L = −log Σᵢ pᵢ qᵢ with a gate p = softmax(z) and expert i's likelihood qᵢ of what came true.
/// With Gaussian experts it is the objective of Jacobs, Jordan, Nowlan and Hinton 1991; with the probability that language models give to
/// a token, its analogue for text, where p is the prior of BTM (Li et al. 2022).
/// </summary>
public static class LikelihoodMixture
{
    /// <summary>The loss of one case and its gradient, ∂L/∂zᵢ = pᵢ − hᵢ and ∂L/∂log qᵢ = −hᵢ, where h is the posterior.</summary>
    /// <param name="logits">z, [E].</param>
    /// <param name="logLikelihoods">log q, [E]; any numbers, so that likelihoods far below the smallest double still compare.</param>
    /// <param name="logitGradient">Filled, [E].</param>
    /// <param name="posterior">h, filled, [E]: how much of the case each expert accounts for; sums to 1.</param>
    /// <returns>L in nats. With one expert −log q.</returns>
    public static double Loss(ReadOnlySpan<double> logits, ReadOnlySpan<double> logLikelihoods, Span<double> logitGradient, Span<double> posterior)
    {
        for (var i = 0; i < logits.Length; i++) posterior[i] = logits[i] + logLikelihoods[i];
        var prior = Softmax(logits, logitGradient);
        var joint = Softmax(posterior, posterior);
        for (var i = 0; i < logits.Length; i++) logitGradient[i] -= posterior[i];
        return prior - joint;
    }

    /// <summary>softmax(z); they may be the same memory.</summary>
    /// <returns>logsumexp(z).</returns>
    internal static double Softmax(ReadOnlySpan<double> z, Span<double> p)
    {
        var max = double.NegativeInfinity;
        foreach (var value in z) max = Math.Max(max, value);
        double sum = 0;
        for (var i = 0; i < z.Length; i++) sum += p[i] = Math.Exp(z[i] - max);
        for (var i = 0; i < z.Length; i++) p[i] /= sum;
        return max + Math.Log(sum);
    }
}
