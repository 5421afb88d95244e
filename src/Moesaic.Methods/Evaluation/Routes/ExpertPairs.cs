namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>
/// Co-activation of experts (Muennighoff et al. 2024, OLMoE, 5.2): C(i, j) = N(i, j) / N(i), of the tokens that expert i gets those that j
/// gets too. Not symmetric. Memory: 8 E² bytes.
/// </summary>
/// <param name="experts">E.</param>
sealed class ExpertPairs(int experts)
{
    // On the diagonal N(i).
    readonly long[,] together = new long[experts, experts];
    long tokens;

    public void Add(in TokenRoute route)
    {
        tokens++;
        foreach (var i in route.Chosen)
            foreach (var j in route.Chosen) together[i, j]++;
    }

    /// <summary>N(i, j).</summary>
    public long Together(int i, int j) => together[i, j];

    /// <summary>C(i, j), 0 to 1; 0 when i got nothing.</summary>
    public double Share(int i, int j) => together[i, j] / (double)Math.Max(1, together[i, i]);

    /// <summary>What C(i, j) is when experts are chosen independently of each other: the share of all tokens that j gets.</summary>
    public double Expected(int j) => together[j, j] / (double)Math.Max(1, tokens);

    /// <summary>The pairs with the highest share, then the lowest numbers; of two that go together most the direction with the higher share.</summary>
    /// <param name="number">Most pairs.</param>
    /// <param name="least">Fewest tokens of the first: of a single one everything goes together.</param>
    public IReadOnlyList<(int Of, int With)> Strongest(int number, int least) =>
    [
        .. Enumerable.Range(0, experts).SelectMany(i => Enumerable.Range(0, experts).Select(j => (Of: i, With: j)))
            .Where(p => p.Of != p.With && together[p.Of, p.With] > 0 && together[p.Of, p.Of] >= least
                && (together[p.With, p.With] < least || Share(p.Of, p.With) > Share(p.With, p.Of)
                    || (Share(p.Of, p.With) == Share(p.With, p.Of) && p.Of < p.With)))
            .OrderByDescending(p => Share(p.Of, p.With)).ThenBy(p => p.Of).ThenBy(p => p.With).Take(number),
    ];
}
