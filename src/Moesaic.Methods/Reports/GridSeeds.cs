using System.Text.RegularExpressions;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Reports;

/// <summary>Cells that are called alike but for "-s" and a number at the end: the same recipe with several seeds.</summary>
static partial class GridSeeds
{
    /// <summary>Cells by the name they share, in the order of the first of each.</summary>
    public static IReadOnlyList<(string Name, IReadOnlyList<GridCellReport> Cells)> Groups(IReadOnlyList<GridCellReport> cells) =>
        [.. cells.GroupBy(c => Seed().Replace(c.Cell, ""), StringComparer.Ordinal).Select(g => (g.Key, (IReadOnlyList<GridCellReport>)[.. g]))];

    /// <summary>Mean and range of the figures of cells with several seeds; null when there are none.</summary>
    /// <param name="cells">In order.</param>
    /// <param name="figures">verb.figure or step.verb.figure; empty: all there are.</param>
    public static ReportTable? Table(IReadOnlyList<GridCellReport> cells, IReadOnlyList<string> figures)
    {
        var groups = Groups(cells).Where(g => g.Cells.Count > 1).ToList();
        if (groups.Count == 0) return null;
        var shown = GridReport.Shown(cells, figures);
        return new ReportTable("Seeds", ["mean (lowest to highest) of seeds", .. shown.Select(f => GridReport.Head(cells, f))],
            [.. groups.Select(g => (IReadOnlyList<string>)[$"{g.Name} ({g.Cells.Count})", .. shown.Select(f => Mean(g.Cells, f))])]);
    }

    static string Mean(IReadOnlyList<GridCellReport> cells, string figure)
    {
        double[] values = [.. cells.Select(c => GridReport.Find(c, figure)?.Value).OfType<double>()];
        return values.Length == 0 ? ""
            : $"{FigureText.Of(values.Average())} ({FigureText.Of(values.Min())} to {FigureText.Of(values.Max())})";
    }

    [GeneratedRegex("-s[0-9]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Seed();
}
