namespace Moesaic.Bench;

/// <summary>Median of a sample and the interval between its second smallest and second largest value.</summary>
readonly record struct Summary(double Median, double Low, double High)
{
    public static Summary Of(double[] sample)
    {
        var sorted = (double[])sample.Clone();
        Array.Sort(sorted);
        var n = sorted.Length;
        var median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
        return n < 4 ? new Summary(median, sorted[0], sorted[^1]) : new Summary(median, sorted[1], sorted[^2]);
    }

    /// <summary>For example "97 (95..98)" with the scale 100.</summary>
    public string ToString(double scale, string format)
    {
        var culture = System.Globalization.CultureInfo.InvariantCulture;
        var (median, low, high) = (
            (Median * scale).ToString(format, culture), (Low * scale).ToString(format, culture), (High * scale).ToString(format, culture));
        return $"{median} ({low}..{high})";
    }
}
