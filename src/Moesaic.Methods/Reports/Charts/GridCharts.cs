using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Reports.Charts;

/// <summary>The curves of a grid's cells in one picture.</summary>
static class GridCharts
{
    /// <summary>The picture; null when no cell has the curve.</summary>
    /// <param name="cells">In order; those of several seeds are one line.</param>
    /// <param name="name">verb.curve or step.verb.curve.</param>
    public static string? Write(IReadOnlyList<GridCellReport> cells, string name)
    {
        var lines = GridSeeds.Groups(cells)
            .Select(g => (g.Name, Runs: g.Cells.Select(c => Find(c, name)).OfType<Curve>().ToList()))
            .Where(g => g.Runs.Count > 0).ToList();
        if (lines.Count == 0) return null;
        var first = lines[0].Runs[0];
        var words = name[(name.LastIndexOf('.') + 1)..].Replace('_', ' ');
        return LineChart.Write(first.Unit.Length == 0 ? words : $"{words} ({first.Unit})", first.Along, [.. lines.Select(l => ChartLine.Of(l.Name, l.Runs))]);
    }

    static Curve? Find(GridCellReport cell, string name) =>
        cell.Steps.Reverse().SelectMany(s => s.Curves.Where(c => s.Is(name, c.Key))).FirstOrDefault();
}
