namespace Moesaic.Models.Experts.Objectives;

/// <summary>Between which experts <see cref="ClusterVariance"/> looks.</summary>
public enum VarianceForm
{
    /// <summary>All.</summary>
    All,

    /// <summary>Those of a cluster: clusters may differ.</summary>
    Clusters,

    /// <summary>
    /// Those of a cluster, divided by exp(d) with d the distance of the mean probabilities of the best cluster and the next one: clusters are
    /// to differ.
    /// </summary>
    Apart,
}

/// <summary>
/// E² times the variance (divisor n − 1) of the experts' mean probabilities Pₑ, of all or within clusters of neighbours and averaged over
/// these (MoEC, Xie et al. 2022, section 3.2; its code sums probabilities where this takes means, so that the number of tokens does not
/// matter). 0 at uniform routing.
/// </summary>
/// <param name="form">Which variance.</param>
/// <param name="clusters">Number of clusters, divides the number of experts into parts of two or more; of no account to <see cref="VarianceForm.All"/>.</param>
public sealed class ClusterVariance(VarianceForm form, int clusters = 1) : ILogitObjective
{
    readonly int clusters = form == VarianceForm.All ? 1 : clusters;

    /// <inheritdoc/>
    public string Name => "variance";

    /// <inheritdoc/>
    public int Sums(int experts) => experts;

    /// <inheritdoc/>
    public void Add(in RoutedToken token, Span<double> sums)
    {
        for (var e = 0; e < sums.Length; e++) sums[e] += token.Probabilities[e];
    }

    /// <inheritdoc/>
    public double Value(RouterSpec spec, in TokenSums sums)
    {
        var means = Means(sums);
        var value = Within(means);
        if (form == VarianceForm.Apart) value /= Math.Exp(Best(means).Distance);
        return value * spec.Experts * spec.Experts;
    }

    /// <inheritdoc/>
    public void Slopes(RouterSpec spec, in TokenSums sums, in Portion portion, Span<double> slopes)
    {
        var means = Means(sums);
        var size = means.Length / clusters;
        for (var first = 0; first < means.Length; first += size)
        {
            var (mean, _) = Variation.Moments(means.AsSpan(first, size));
            for (var e = first; e < first + size; e++) slopes[e] = size == 1 ? 0 : 2 * (means[e] - mean) / (size - 1) / clusters;
        }
        slopes[^1] = (double)portion.Coefficient * spec.Experts * spec.Experts / portion.Tokens;
        if (form != VarianceForm.Apart || clusters < 2) return;
        var (best, next, distance) = Best(means);
        slopes[^1] /= Math.Exp(distance);
        var within = Within(means);
        for (var e = 0; e < size; e++)
        {
            slopes[(best * size) + e] -= within / size;
            slopes[(next * size) + e] += within / size;
        }
    }

    /// <inheritdoc/>
    public void AddToLogits(in RoutedToken token, ReadOnlySpan<double> slopes, Span<double> dLogits) =>
        ProbabilityGradient.Add(token, slopes, slopes[^1], dLogits);

    static double[] Means(in TokenSums sums)
    {
        var means = sums.Values.ToArray();
        for (var e = 0; e < means.Length; e++) means[e] /= sums.Tokens;
        return means;
    }

    double Within(ReadOnlySpan<double> means)
    {
        var (size, sum) = (means.Length / clusters, 0.0);
        for (var first = 0; first < means.Length; first += size) sum += Variation.Moments(means.Slice(first, size)).Variance / clusters;
        return sum;
    }

    // Numbers of the clusters with the largest mean probabilities, ties to the first.
    (int Best, int Next, double Distance) Best(double[] means)
    {
        if (clusters < 2) return default;
        var size = means.Length / clusters;
        double[] masses = [.. means.Chunk(size).Select(c => c.Sum() / size)];
        int[] order = [.. Enumerable.Range(0, clusters).OrderByDescending(c => masses[c])];
        return (order[0], order[1], masses[order[0]] - masses[order[1]]);
    }
}
