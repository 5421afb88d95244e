namespace Moesaic.Models.Experts.Objectives;

/// <summary>
/// Σ_g f′_g P′_g over groups of neighbouring experts, such as those of one device: f′ is the mean of E fₑ in the group, P′ the sum of Pₑ
/// (DeepSeekMoE 2024, eq. 15 to 17). 1 at uniform routing; inside a group nothing is asked.
/// </summary>
/// <param name="groups">Number of groups; divides the number of experts.</param>
public sealed class GroupBalance(int groups) : ILogitObjective
{
    /// <inheritdoc/>
    public string Name => "group_balance";

    /// <inheritdoc/>
    public int Sums(int experts) => 2 * experts;

    /// <inheritdoc/>
    public void Add(in RoutedToken token, Span<double> sums) => LoadBalance.AddLoad(token, LoadCount.Share, sums);

    /// <inheritdoc/>
    public double Value(RouterSpec spec, in TokenSums sums)
    {
        Span<double> load = new double[spec.Experts];
        Load(sums, load);
        return LoadBalance.Product(load, sums);
    }

    /// <inheritdoc/>
    public void Slopes(RouterSpec spec, in TokenSums sums, in Portion portion, Span<double> slopes)
    {
        Load(sums, slopes[..spec.Experts]);
        slopes[^1] = portion.Coefficient * spec.Experts / portion.Tokens;
    }

    /// <inheritdoc/>
    public void AddToLogits(in RoutedToken token, ReadOnlySpan<double> slopes, Span<double> dLogits) =>
        ProbabilityGradient.Add(token, slopes, slopes[^1], dLogits);

    // An expert counts with the mean of its group.
    void Load(in TokenSums sums, Span<double> load)
    {
        LoadBalance.Load(sums, LoadCount.Share, load);
        var size = load.Length / groups;
        for (var first = 0; first < load.Length; first += size)
        {
            var group = load.Slice(first, size);
            double mean = 0;
            foreach (var f in group) mean += f / size;
            group.Fill(mean);
        }
    }
}
