using System.Globalization;

namespace Moesaic.Methods.Reports.Charts;

/// <summary>An axis with round ticks.</summary>
/// <param name="Least">Where it begins.</param>
/// <param name="Most">Where it ends.</param>
/// <param name="Step">Between ticks: 1, 2 or 5 times a power of ten.</param>
sealed record ChartAxis(double Least, double Most, double Step)
{
    /// <summary>The shortest axis with round ends that holds a range with so many ticks or a few more.</summary>
    /// <param name="least">Of the range.</param>
    /// <param name="most">Of the range; one that is empty is widened.</param>
    /// <param name="ticks">About how many.</param>
    public static ChartAxis Of(double least, double most, int ticks)
    {
        if (most <= least) most = least + Math.Max(1e-6, Math.Abs(least) * 0.1);
        var rough = (most - least) / ticks;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = (rough / power) switch { <= 1 + 1e-9 => 1, <= 2 + 1e-9 => 2, <= 5 + 1e-9 => 5, _ => 10 } * power;
        return new(Math.Floor((least / step) + 1e-9) * step, Math.Ceiling((most / step) - 1e-9) * step, step);
    }

    /// <summary>The ticks, ends included.</summary>
    public IEnumerable<double> Ticks => Enumerable.Range(0, (int)Math.Round((Most - Least) / Step) + 1).Select(i => Least + (i * Step));

    /// <summary>A value's part of the way along the axis; below 0 or above 1 outside.</summary>
    public double Part(double value) => (value - Least) / (Most - Least);

    /// <summary>"1.5 M", "200 k", "4.25".</summary>
    public string Text(double tick)
    {
        var (size, unit) = Math.Max(Math.Abs(Least), Math.Abs(Most)) switch { >= 2e6 => (1e6, " M"), >= 1e4 => (1e3, " k"), _ => (1.0, "") };
        var digits = Math.Clamp((int)Math.Ceiling(-Math.Log10(Step / size) - 1e-9), 0, 9);
        return Math.Round(tick / size, digits).ToString("F" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
            + (tick == 0 ? "" : unit);
    }
}
