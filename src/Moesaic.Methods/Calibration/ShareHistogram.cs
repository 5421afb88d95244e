namespace Moesaic.Methods.Calibration;

/// <summary>How numbers of 0 to 1 are spread, in 4096 bins: quantiles to 1/4096, and sums of histograms are exact.</summary>
public static class ShareHistogram
{
    /// <summary>Bins of equal width.</summary>
    public const int Bins = 4096;

    /// <summary>The bin of a number; what lies outside 0 to 1, or is no number, goes to the nearest end.</summary>
    public static int Bin(double share) => share > 0 ? (int)Math.Min(Bins - 1, share * Bins) : 0;

    /// <summary>The number that a part of all numbers does not exceed, interpolated within its bin: 0.5 is the median.</summary>
    /// <param name="bins">Counts per bin.</param>
    /// <param name="part">0 to 1.</param>
    /// <returns>NaN for a histogram without numbers.</returns>
    public static double Quantile(ReadOnlySpan<long> bins, double part)
    {
        long all = 0, below = 0;
        foreach (var count in bins) all += count;
        if (all == 0) return double.NaN;
        var wanted = part * all;
        for (var b = 0; b < bins.Length; b++)
        {
            if (bins[b] > 0 && below + bins[b] >= wanted) return (b + ((wanted - below) / bins[b])) / bins.Length;
            below += bins[b];
        }
        return 1;
    }
}
