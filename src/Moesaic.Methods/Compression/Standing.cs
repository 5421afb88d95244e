using Moesaic.Methods.Compression.Plans;
using Moesaic.Models;

namespace Moesaic.Methods.Compression;

/// <summary>The experts of a layer while some of them go, round after round.</summary>
/// <param name="layer">Number of the layer.</param>
/// <param name="router">Of the whole layer.</param>
sealed class Standing(int layer, RouterSpec router)
{
    readonly double[] scores = new double[router.Experts];
    readonly List<int> gone = [];       // the first to go first
    int[] order = [.. Enumerable.Range(0, router.Experts)];

    /// <summary>Number of the layer.</summary>
    public int Layer { get; } = layer;

    /// <summary>E of the whole layer.</summary>
    public int Experts { get; } = router.Experts;

    /// <summary>The experts that are left, rising.</summary>
    public int[] Alive { get; private set; } = [.. Enumerable.Range(0, router.Experts)];

    /// <summary>How many will be left at the end.</summary>
    public int Planned { get; private set; } = router.Experts;

    /// <summary>Sets how many will be left.</summary>
    public static void Plan(IReadOnlyList<Standing> layers, IReadOnlyList<int> counts)
    {
        for (var i = 0; i < counts.Count; i++) layers[i].Planned = counts[i];
    }

    /// <summary>The router with so many experts.</summary>
    public RouterSpec Router(int experts) => router with { Experts = experts };

    /// <summary>Notes what those that are left are worth.</summary>
    /// <param name="own">By their place in <see cref="Alive"/>.</param>
    public void Measured(IReadOnlyList<double> own)
    {
        for (var i = 0; i < own.Count; i++) scores[Alive[i]] = own[i];
    }

    /// <summary>Lets the worst go until so many are left.</summary>
    /// <param name="ranking">Of those that are left, by their place.</param>
    /// <param name="count">A multiple of the groups.</param>
    public void Keep(LayerRanking ranking, int count)
    {
        var stay = ranking.Best(count).ToHashSet();
        gone.AddRange(ranking.Ranking.Reverse().Where(i => !stay.Contains(i)).Select(i => Alive[i]));
        order = [.. ranking.Ranking.Where(stay.Contains).Select(i => Alive[i])];
        Alive = [.. stay.Select(i => Alive[i]).Order()];
    }

    /// <summary>All experts: those that are left as they were ranked last, then those that went, the last to go first.</summary>
    /// <param name="pruneTarget">What bounds their number.</param>
    /// <param name="guarded">Which stay whatever their score.</param>
    public LayerRanking Ranking(PruneTarget pruneTarget, Func<int, bool> guarded) => pruneTarget.Rank(Layer, router, scores,
        [.. order, .. Enumerable.Reverse(gone)], [.. Enumerable.Range(0, Experts).Where(guarded)]);
}
