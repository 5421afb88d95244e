namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>
/// Domain specialisation (Muennighoff et al. 2024, OLMoE, 5.3): S(e, d) = N(e, d) / N(d), of the tokens of a domain those that the expert
/// gets. Over the experts it sums to the experts per token; routing that knows no domains has K/E everywhere.
/// </summary>
/// <param name="domains">Number of domains.</param>
/// <param name="experts">E.</param>
sealed class DomainLoads(int domains, int experts)
{
    readonly long[] tokens = new long[domains];
    readonly long[,] slots = new long[domains, experts];

    public void Add(in TokenRoute route)
    {
        tokens[route.Domain]++;
        foreach (var e in route.Chosen) slots[route.Domain, e]++;
    }

    /// <summary>N(d).</summary>
    public long Tokens(int domain) => tokens[domain];

    /// <summary>N(e, d).</summary>
    public long Slots(int domain, int expert) => slots[domain, expert];

    /// <summary>S(e, d), 0 to 1.</summary>
    public double Share(int domain, int expert) => slots[domain, expert] / (double)Math.Max(1, tokens[domain]);

    /// <summary>The domain's loads, E parts that sum to 1; zeros when its tokens chose nothing.</summary>
    public double[] Load(int domain)
    {
        long[] counts = [.. Enumerable.Range(0, experts).Select(e => slots[domain, e])];
        return [.. counts.Select(c => c / (double)Math.Max(1, counts.Sum()))];
    }

    /// <summary>
    /// How differently from all text together a domain uses the experts: ½ Σₑ |load(e, d) − load(e)|, where each domain has one part in
    /// load(e) whatever its length. 0: alike; 1: other experts altogether.
    /// </summary>
    public double Divergence(int domain)
    {
        double[][] loads = [.. Enumerable.Range(0, domains).Select(Load)];
        return 0.5 * Enumerable.Range(0, experts).Sum(e => Math.Abs(loads[domain][e] - loads.Average(l => l[e])));
    }
}
