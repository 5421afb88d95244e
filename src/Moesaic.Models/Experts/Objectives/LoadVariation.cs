using Moesaic.Tensors;

namespace Moesaic.Models.Experts.Objectives;

/// <summary>
/// cv² of the load of the experts, each the sum over the tokens of the probability that it would be chosen if its own noise were drawn
/// again: Φ((z − θ)/σ), where θ is the best logit that was not chosen for an expert that was, and the worst chosen one for an expert that
/// was not (Shazeer et al. 2017, eq. 8 to 11). LLaMA-MoE v1's code finds out who was chosen by comparing the noise alone with θ, and so
/// takes the wrong θ for a quarter of them. Without noise the load is a count and has no gradient.
/// </summary>
public sealed class LoadVariation : IBalanceObjective
{
    /// <inheritdoc/>
    public string Name => "load";

    /// <inheritdoc/>
    public int Sums(int experts) => experts;

    /// <inheritdoc/>
    public void Add(in RoutedToken token, Span<double> sums)
    {
        if (!IsSmooth(token))
        {
            foreach (var e in token.Wanted) sums[e]++;
            return;
        }
        Span<int> best = stackalloc int[token.Wanted.Length + 1];
        Selection.TopK(token.Logits, best);
        for (var e = 0; e < sums.Length; e++) sums[e] += Cumulative(Height(token, e, Threshold(best, e)));
    }

    /// <inheritdoc/>
    public double Value(RouterSpec spec, in TokenSums sums) => Variation.Value(sums.Values);

    /// <inheritdoc/>
    public void Slopes(RouterSpec spec, in TokenSums sums, in Portion portion, Span<double> slopes) => Variation.Slopes(sums, portion, slopes);

    /// <summary>Adds one token's gradient: to θ, itself a noisy logit, to the logits without noise, and to what the deviations are made of.</summary>
    /// <param name="token">A counted token.</param>
    /// <param name="slopes">See <see cref="IBalanceObjective.Slopes"/>.</param>
    /// <param name="raw">E numbers r of which the deviations are softplus(r) + 0.01.</param>
    /// <param name="dNoisy">E numbers, added to.</param>
    /// <param name="dClean">As many, or none when there is no gradient.</param>
    /// <param name="dRaw">As many, or none when there is no gradient.</param>
    public void AddToNoise(in RoutedToken token, ReadOnlySpan<double> slopes, ReadOnlySpan<float> raw,
        Span<float> dNoisy, Span<float> dClean, Span<float> dRaw)
    {
        if (!IsSmooth(token)) return;
        Span<int> best = stackalloc int[token.Wanted.Length + 1];
        Selection.TopK(token.Logits, best);
        for (var e = 0; e < dNoisy.Length; e++)
        {
            var threshold = Threshold(best, e);
            var u = Height(token, e, threshold);
            // ∂Φ((z − θ)/σ)/∂z, and from it those by θ and by σ.
            var slope = slopes[^1] * slopes[e] * Math.Exp(-u * u / 2) / Math.Sqrt(2 * Math.PI) / token.Deviations[e];
            dNoisy[threshold] -= (float)slope;
            if (!dClean.IsEmpty) dClean[e] += (float)slope;
            if (!dRaw.IsEmpty) dRaw[e] -= (float)(slope * u * GateOps.Sigmoid(raw[e]));
        }
    }

    // With all experts chosen nobody would be left out, whatever the noise.
    static bool IsSmooth(in RoutedToken token) =>
        !token.Deviations.IsEmpty && !token.Wanted.IsEmpty && token.Wanted.Length < token.Logits.Length;

    // The expert whose noisy logit is the threshold: best holds the K chosen and the next one.
    static int Threshold(ReadOnlySpan<int> best, int expert) => best[..^1].Contains(expert) ? best[^1] : best[^2];

    static double Height(in RoutedToken token, int expert, int threshold) =>
        ((double)token.Clean[expert] - token.Logits[threshold]) / token.Deviations[expert];

    /// <summary>Φ(u) = ½ + φ(u) Σ u²ⁿ⁺¹/(2n+1)!!, exact to 1e-11.</summary>
    internal static double Cumulative(double u)
    {
        if (Math.Abs(u) > 7) return u < 0 ? 0 : 1;
        double term = u, sum = u;
        for (var n = 3; Math.Abs(term) > 1e-17 * Math.Abs(sum); n += 2)
        {
            term *= u * u / n;
            sum += term;
        }
        return 0.5 + (sum * Math.Exp(-u * u / 2) / Math.Sqrt(2 * Math.PI));
    }
}
