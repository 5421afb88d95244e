namespace Moesaic.Models.Experts.Objectives;

/// <summary>Which choices count as an expert's load fₑ in <see cref="LoadBalance"/>.</summary>
public enum LoadCount
{
    /// <summary>All, divided by all: fₑ sums to 1, and the objective is 1 at uniform routing (DeepSeekMoE 2024).</summary>
    Share,

    /// <summary>The first of each token: 1 at uniform routing (GShard, Lepikhin et al. 2020; Switch, Fedus et al. 2022).</summary>
    First,

    /// <summary>All, divided by the tokens: fₑ sums to K, and the objective is K at uniform routing (ST-MoE, Mixtral).</summary>
    Tokens,
}

/// <summary>
/// E Σₑ fₑ Pₑ, where fₑ is the load of expert e and Pₑ its mean probability (Fedus et al. 2022, eq. 4 to 6): at collapse E times as much as at
/// uniform routing. fₑ is a count and has no gradient; ∂/∂z = E/n · p ∘ (f − ⟨f, p⟩) with softmax.
/// </summary>
/// <param name="count">What fₑ is.</param>
public sealed class LoadBalance(LoadCount count = LoadCount.Share) : ILogitObjective
{
    /// <inheritdoc/>
    public string Name => "load_balance";

    /// <inheritdoc/>
    public int Sums(int experts) => 2 * experts;

    /// <inheritdoc/>
    public void Add(in RoutedToken token, Span<double> sums) => AddLoad(token, count, sums);

    /// <inheritdoc/>
    public double Value(RouterSpec spec, in TokenSums sums)
    {
        Span<double> load = new double[spec.Experts];
        Load(sums, count, load);
        return Product(load, sums);
    }

    /// <inheritdoc/>
    public void Slopes(RouterSpec spec, in TokenSums sums, in Portion portion, Span<double> slopes)
    {
        Load(sums, count, slopes[..spec.Experts]);
        slopes[^1] = portion.Coefficient * spec.Experts / portion.Tokens;
    }

    /// <inheritdoc/>
    public void AddToLogits(in RoutedToken token, ReadOnlySpan<double> slopes, Span<double> dLogits) =>
        ProbabilityGradient.Add(token, slopes, slopes[^1], dLogits);

    // E choices, then E probabilities.
    internal static void AddLoad(in RoutedToken token, LoadCount count, Span<double> sums)
    {
        var p_E = token.Probabilities;
        if (count == LoadCount.First && !token.Wanted.IsEmpty) sums[token.Wanted[0]]++;
        else if (count != LoadCount.First)
            foreach (var e in token.Wanted) sums[e]++;
        for (var e = 0; e < p_E.Length; e++) sums[p_E.Length + e] += p_E[e];
    }

    internal static void Load(in TokenSums sums, LoadCount count, Span<double> load)
    {
        double all = sums.Tokens;
        if (count == LoadCount.Share)
        {
            all = 0;
            for (var e = 0; e < load.Length; e++) all += sums.Values[e];
        }
        for (var e = 0; e < load.Length; e++) load[e] = sums.Values[e] / Math.Max(1, all);
    }

    internal static double Product(ReadOnlySpan<double> load, in TokenSums sums)
    {
        double sum = 0;
        for (var e = 0; e < load.Length; e++) sum += load[e] * sums.Values[load.Length + e] / sums.Tokens;
        return sum * load.Length;
    }
}
