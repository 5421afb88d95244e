namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>
/// Loads and lost choices by the position in the window of text. Drop-towards-the-end (Xue et al. 2024, OpenMoE): where places are given in
/// the order of a sequence, its end loses more.
/// </summary>
/// <param name="bins">Number of bins.</param>
/// <param name="width">Positions in a bin; later ones fall into the last.</param>
/// <param name="experts">E.</param>
sealed class PositionLoads(int bins, int width, int experts)
{
    readonly long[] tokens = new long[bins], dropped = new long[bins];
    readonly long[,] slots = new long[bins, experts];

    /// <summary>Number of bins.</summary>
    public int Bins => bins;

    /// <summary>The first position of a bin.</summary>
    public int First(int bin) => bin * width;

    /// <summary>The last position of a bin.</summary>
    public int Last(int bin) => ((bin + 1) * width) - 1;

    public void Add(in TokenRoute route)
    {
        var bin = Math.Min(route.Position / width, bins - 1);
        tokens[bin]++;
        dropped[bin] += route.Dropped;
        foreach (var e in route.Chosen) slots[bin, e]++;
    }

    /// <summary>Tokens in a bin.</summary>
    public long Tokens(int bin) => tokens[bin];

    /// <summary>Choices of a bin that an expert got.</summary>
    public long Slots(int bin, int expert) => slots[bin, expert];

    /// <summary>Choices of a bin that were lost to a capacity.</summary>
    public long Dropped(int bin) => dropped[bin];

    /// <summary>Choices of a bin that were served.</summary>
    public long Served(int bin) => Enumerable.Range(0, experts).Sum(e => slots[bin, e]);

    /// <summary>Of all choices of a bin those that were lost; 0 for an empty bin.</summary>
    public double DropRate(int bin) => dropped[bin] / (double)Math.Max(1, dropped[bin] + Served(bin));

    /// <summary>½ Σₑ |load(e, bin) − load(e)|: how differently from all positions together those of a bin use the experts, 0 to 1; 0 for an empty bin.</summary>
    public double Divergence(int bin)
    {
        double served = Served(bin), all = Math.Max(1, Enumerable.Range(0, bins).Sum(Served));
        if (served == 0) return 0;
        return 0.5 * Enumerable.Range(0, experts).Sum(e => Math.Abs((slots[bin, e] / served) - (Enumerable.Range(0, bins).Sum(b => slots[b, e]) / all)));
    }
}
