using System.Text.Json;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Reports;

/// <summary>What a step of a cell measured.</summary>
sealed record GridStepReport(int Step, string Verb, IReadOnlyList<Figure> Figures, IReadOnlyList<Curve> Curves)
{
    /// <summary>Whether a name means a figure or curve of this step: verb.key or step.verb.key.</summary>
    public bool Is(string name, string key) => name == $"{Verb}.{key}" || name == FormattableString.Invariant($"{Step}.{Verb}.{key}");
}

/// <summary>What a cell of a grid measured, step by step.</summary>
sealed record GridCellReport(string Cell, IReadOnlyList<GridStepReport> Steps);

/// <summary>The cells of a grid side by side.</summary>
static class GridReport
{
    internal static string Json(IReadOnlyList<GridCellReport> cells) =>
        JsonSerializer.Serialize(cells, ReportJson.Default.IReadOnlyListGridCellReport) + "\n";

    /// <param name="cells">In order.</param>
    /// <param name="figures">verb.figure or step.verb.figure; empty: all there are.</param>
    internal static ReportTable Table(IReadOnlyList<GridCellReport> cells, IReadOnlyList<string> figures)
    {
        var shown = Shown(cells, figures);
        return new ReportTable("Grid", ["cell", .. shown.Select(f => Head(cells, f))],
            [.. cells.Select(c => (IReadOnlyList<string>)[c.Cell, .. shown.Select(f => Find(c, f) is { } figure ? FigureText.Of(figure.Value) : "")])]);
    }

    /// <summary>The figures asked for, or all there are.</summary>
    internal static IReadOnlyList<string> Shown(IReadOnlyList<GridCellReport> cells, IReadOnlyList<string> figures) => figures.Count > 0 ? figures
        : [.. cells.SelectMany(c => c.Steps).SelectMany(s => s.Figures.Select(f => FormattableString.Invariant($"{s.Step}.{s.Verb}.{f.Key}"))).Distinct()];

    /// <summary>Those of the figures that no cell has, with what there is; null when all are found.</summary>
    internal static string? Missing(IReadOnlyList<GridCellReport> cells, IReadOnlyList<string> figures) =>
        figures.Where(f => !cells.Any(c => Find(c, f) is not null)).ToList() is not { Count: > 0 } missing ? null
        : $"no cell has {string.Join(", ", missing)}; there are "
            + string.Join(", ", cells.SelectMany(c => c.Steps).SelectMany(s => s.Figures.Select(f => $"{s.Verb}.{f.Key}")).Distinct());

    internal static string Head(IReadOnlyList<GridCellReport> cells, string name)
    {
        var unit = cells.Select(c => Find(c, name)).FirstOrDefault(f => f is not null)?.Unit;
        return string.IsNullOrEmpty(unit) ? name : $"{name} ({unit})";
    }

    internal static Figure? Find(GridCellReport cell, string name)
    {
        foreach (var step in cell.Steps.Reverse())
            foreach (var figure in step.Figures)
                if (step.Is(name, figure.Key)) return figure;
        return null;
    }
}
