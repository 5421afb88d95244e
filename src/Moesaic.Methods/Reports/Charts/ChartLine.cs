using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Reports.Charts;

/// <summary>A line of a chart: a mean over runs, with what they range over.</summary>
/// <param name="Name">At its end.</param>
/// <param name="Places">Along the horizontal axis, rising.</param>
/// <param name="Means">One a place.</param>
/// <param name="Lowest">Of the runs, one a place.</param>
/// <param name="Highest">Of the runs, one a place.</param>
sealed record ChartLine(string Name, IReadOnlyList<double> Places, IReadOnlyList<double> Means, IReadOnlyList<double> Lowest, IReadOnlyList<double> Highest)
{
    /// <summary>Runs of one kind as one line, at the places that all of them have.</summary>
    /// <param name="name">Of the line.</param>
    /// <param name="runs">At least one.</param>
    public static ChartLine Of(string name, IReadOnlyList<Curve> runs)
    {
        double[] places = [.. runs[0].Places.Where(p => runs.All(r => r.Places.Contains(p)))];
        double[][] values = [.. places.Select(p => runs.Select(r => r.Values[r.Places.ToList().IndexOf(p)]).ToArray())];
        return new(name, places, [.. values.Select(v => v.Average())], [.. values.Select(v => v.Min())], [.. values.Select(v => v.Max())]);
    }
}
