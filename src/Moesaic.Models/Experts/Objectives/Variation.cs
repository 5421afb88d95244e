namespace Moesaic.Models.Experts.Objectives;

/// <summary>cv²: the variance (divisor E − 1) over the squared mean. 0 when all are equal, E when one has everything.</summary>
public static class Variation
{
    /// <summary>cv².</summary>
    /// <param name="values">E sums; 0 when all are 0.</param>
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

    /// <summary>The slopes of an objective that is cv² of its sums.</summary>
    internal static void Slopes(in TokenSums sums, in Portion portion, Span<double> slopes)
    {
        Gradient(sums.Values, slopes[..^1]);
        // Sums over more tokens than the portion's have a gradient as much smaller.
        slopes[^1] = portion.Coefficient * ((double)sums.Tokens / portion.Tokens);
    }

    internal static (double Mean, double Variance) Moments(ReadOnlySpan<double> values)
    {
        // As distances from the first, so that equal values have their own mean and no variance, to the bit.
        double mean = values[0], squares = 0;
        foreach (var value in values) mean += (value - values[0]) / values.Length;
        foreach (var value in values) squares += (value - mean) * (value - mean);
        return (mean, values.Length > 1 ? squares / (values.Length - 1) : 0);
    }
}
