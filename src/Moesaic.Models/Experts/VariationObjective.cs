using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>
/// cv²(importance) + cv²(load), where cv² is the variance (divisor E − 1) over the squared mean. An expert's importance is the sum of
/// its combine weights, without the scale; its load the sum over the tokens of the probability that it would be chosen if its own noise
/// were drawn again: Φ((z − θ)/σ), where θ is the best logit that was not chosen for an expert that was, and the worst chosen one for
/// an expert that was not (Shazeer et al. 2017, eq. 8 to 10). LLaMA-MoE v1's code finds out who was chosen by comparing the noise alone
/// with θ, and so takes the wrong θ for a quarter of them.
/// </summary>
public static class VariationObjective
{
    /// <summary>Variance over squared mean.</summary>
    /// <param name="values">E sums, of which some is not 0.</param>
    public static double Value(ReadOnlySpan<double> values)
    {
        var (mean, variance) = Moments(values);
        return mean == 0 ? 0 : variance / (mean * mean);
    }

    /// <summary>∂cv²/∂value.</summary>
    /// <param name="values">E sums.</param>
    /// <param name="gradient">E numbers, written.</param>
    public static void Gradient(ReadOnlySpan<double> values, Span<double> gradient)
    {
        gradient.Clear();
        var (mean, variance) = Moments(values);
        if (mean == 0 || values.Length < 2) return;
        for (var e = 0; e < values.Length; e++)
            gradient[e] = (2 * (values[e] - mean) / ((values.Length - 1) * mean * mean)) - (2 * variance / (values.Length * mean * mean * mean));
    }

    /// <summary>Load of each expert over the counted tokens.</summary>
    /// <param name="noisy">Of the pass.</param>
    /// <param name="chosen">Experts per token, K; below E.</param>
    /// <param name="counted">Which tokens count; empty for all.</param>
    public static double[] Load(in NoisyLogits noisy, int chosen, ReadOnlySpan<bool> counted)
    {
        var load = new double[noisy.Logits.Columns];
        var best = new int[chosen + 1];
        for (var t = 0; t < noisy.Logits.Rows; t++)
        {
            if (!counted.IsEmpty && !counted[t]) continue;
            Selection.TopK(noisy.Logits.Row(t), best);
            for (var e = 0; e < load.Length; e++) load[e] += Cumulative(Height(noisy, t, e, Threshold(best, e)));
        }
        return load;
    }

    internal static void AddImportance(double coefficient, in Routing routing, RouterSpec spec, ReadOnlySpan<bool> counted)
    {
        Span<double> importance = new double[spec.Experts], slope = new double[spec.Experts];
        var dWeights = routing.Weights.Gradient!;
        for (var pass = 0; pass < 2; pass++)
        {
            for (var t = 0; t < dWeights.Rows; t++)
            {
                if (!counted.IsEmpty && !counted[t]) continue;
                var ids_K = Selection.Filled(routing.Chosen.Span.Slice(t * dWeights.Columns, dWeights.Columns));
                for (var j = 0; j < ids_K.Length; j++)
                {
                    var e = ids_K[j];
                    if (pass == 0) importance[e] += routing.Weights.Row(t)[j] / spec.Scale;
                    else dWeights.Row(t)[j] += (float)(coefficient * slope[e] / spec.Scale);
                }
            }
            if (pass == 0) Gradient(importance, slope);
        }
    }

    internal static void AddLoad(Workspace workspace, double coefficient, in NoisyLogits noisy, in Routing routing, RouterSpec spec,
        ReadOnlySpan<bool> counted)
    {
        var (chosen, slope) = (routing.Weights.Columns, new double[spec.Experts]);
        Gradient(Load(noisy, chosen, counted), slope);
        Tensor? dClean = workspace.AddedGradient(noisy.Clean), dRaw = workspace.AddedGradient(noisy.Raw);
        var dNoisy = workspace.AddedGradient(noisy.Logits)!;
        var best = new int[chosen + 1];
        for (var t = 0; t < noisy.Logits.Rows; t++)
        {
            if (!counted.IsEmpty && !counted[t]) continue;
            Selection.TopK(noisy.Logits.Row(t), best);
            for (var e = 0; e < spec.Experts; e++)
            {
                var threshold = Threshold(best, e);
                var u = Height(noisy, t, e, threshold);
                // ∂Φ((z − θ)/σ)/∂z, and from it those by θ, itself a noisy logit, and by σ.
                var slopeOfHeight = coefficient * slope[e] * Math.Exp(-u * u / 2) / Math.Sqrt(2 * Math.PI) / noisy.Deviations.Row(t)[e];
                dNoisy.Row(t)[threshold] -= (float)slopeOfHeight;
                if (dClean is not null) dClean.Row(t)[e] += (float)slopeOfHeight;
                if (dRaw is not null) dRaw.Row(t)[e] -= (float)(slopeOfHeight * u * GateOps.Sigmoid(noisy.Raw.Row(t)[e]));
            }
        }
    }

    // The expert whose noisy logit is the threshold: best holds the K chosen and the next one.
    static int Threshold(int[] best, int expert) => best.AsSpan(..^1).Contains(expert) ? best[^1] : best[^2];

    static double Height(in NoisyLogits noisy, int token, int expert, int threshold) =>
        ((double)noisy.Clean.Row(token)[expert] - noisy.Logits.Row(token)[threshold]) / noisy.Deviations.Row(token)[expert];

    static (double Mean, double Variance) Moments(ReadOnlySpan<double> values)
    {
        double mean = 0, squares = 0;
        foreach (var value in values) mean += value / values.Length;
        foreach (var value in values) squares += (value - mean) * (value - mean);
        return (mean, values.Length > 1 ? squares / (values.Length - 1) : 0);
    }

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
