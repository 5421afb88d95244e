using Moesaic.Tensors;

namespace Moesaic.Models.Experts.Objectives;

/// <summary>
/// From affinities that sum to 1 back to logits. With p = a / Σ a, a gradient g on p is one of pₑ (gₑ − ⟨g, p⟩) (ln aₑ)′ on zₑ; the
/// last factor is 1 of exponentials (softmax), 1 − σ of sigmoids, 1/z of max(z, 0) above 0.
/// </summary>
static class ProbabilityGradient
{
    public static void Add(in RoutedToken token, ReadOnlySpan<double> slopes, double factor, Span<double> dLogits)
    {
        var p_E = token.Probabilities;
        double mean = 0;
        for (var e = 0; e < p_E.Length; e++) mean += slopes[e] * p_E[e];
        if (token.Spec.Affinity == RouterAffinity.Sigmoid)
            for (var e = 0; e < p_E.Length; e++)
                dLogits[e] += p_E[e] * (1 - GateOps.Sigmoid(token.Logits[e])) * factor * (slopes[e] - mean);
        else if (token.Spec.Affinity == RouterAffinity.Relu)
        {
            for (var e = 0; e < p_E.Length; e++)
                if (token.Logits[e] > 0) dLogits[e] += p_E[e] / token.Logits[e] * factor * (slopes[e] - mean);
        }
        else
            for (var e = 0; e < p_E.Length; e++) dLogits[e] += p_E[e] * factor * (slopes[e] - mean);
    }
}
