using System.Globalization;
using System.Text;
using Moesaic.Formats;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Reports;
using Moesaic.Methods.Reports.Charts;

namespace Moesaic.Methods.Steps;

/// <summary>
/// Runs the cells of a grid one after another. Each is a recipe with state of its own: killed, the same grid goes on in the cell
/// it was in; cells that are finished are only read. After every cell the comparison is written as it then stands.
/// </summary>
/// <param name="run">The grid.</param>
/// <param name="progress">Who is told.</param>
/// <param name="restart">Discard earlier results of cells that changed, instead of refusing.</param>
/// <param name="cancellation">Makes the running step save its state and stop.</param>
public sealed class GridRunner(GridRun run, IProgressReporter progress, bool restart = false, CancellationToken cancellation = default)
{
    /// <summary>Name of the comparison in the grid's output, for people and for machines.</summary>
    public const string MarkdownFile = "grid.md", JsonFile = "grid.json";

    /// <summary>Plans every cell, so that a mistake in the last shows before the first runs.</summary>
    /// <exception cref="BadRequestException">A step cannot do what is asked; the message names cell and step.</exception>
    /// <exception cref="BadModelException">A model or data file cannot be used; likewise.</exception>
    public static IReadOnlyList<RunPlan> Plan(GridRun run) => [.. run.Cells.Select(cell => In(cell.Name, () => RecipePlanner.Plan(cell.Run)))];

    /// <summary>Runs what is not finished.</summary>
    /// <returns>The comparison: a row a cell.</returns>
    /// <exception cref="BadRequestException">A cell fails; the message names it, and those before it stand.</exception>
    /// <exception cref="BadModelException">Likewise.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the same grid goes on from there.</exception>
    public ReportTable Run()
    {
        var plans = Plan(run);
        Directory.CreateDirectory(run.Output);
        var left = plans.Sum(p => p.Seconds);
        var reports = new List<GridCellReport>();
        for (var i = 0; i < run.Cells.Count; i++)
        {
            var (name, recipe) = run.Cells[i];
            progress.Note(FormattableString.Invariant($"cell {i + 1} of {run.Cells.Count}, {name}; about {left / 60:0} minutes to go"));
            var steps = In(name, () => new RecipeRunner(recipe, progress, restart, cancellation).Run());
            left -= plans[i].Seconds;
            reports.Add(new GridCellReport(name, [.. steps.Select((s, n) => new GridStepReport(n + 1, s.Verb, s.Report.Figures, s.Report.Curves))]));
            Write(reports);
        }
        if (GridReport.Missing(reports, run.Figures) is { } missing) progress.Warn($"grid: {missing}");
        foreach (var plot in run.Plot.Where(p => GridCharts.Write(reports, p) is null)) progress.Warn($"grid: no cell has a curve {plot}");
        return GridReport.Table(reports, run.Figures);
    }

    // What goes wrong in a cell is told with its name.
    static T In<T>(string cell, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (BadRequestException e)
        {
            throw new BadRequestException($"cell {cell}: {e.Message}", e);
        }
        catch (BadModelException e)
        {
            throw new BadModelException($"cell {cell}: {e.Message}", e);
        }
    }

    void Write(IReadOnlyList<GridCellReport> reports)
    {
        AtomicFile.WriteText(Path.Combine(run.Output, JsonFile), GridReport.Json(reports));
        var text = new StringBuilder(MarkdownTable.Of(GridReport.Table(reports, run.Figures)));
        if (GridSeeds.Table(reports, run.Figures) is { } means) text.Append('\n').Append(MarkdownTable.Of(means));
        foreach (var plot in run.Plot)
        {
            if (GridCharts.Write(reports, plot) is not { } chart) continue;
            AtomicFile.WriteText(Path.Combine(run.Output, plot + ".svg"), chart);
            text.Append(CultureInfo.InvariantCulture, $"\n![{plot}]({plot}.svg)\n");
        }
        AtomicFile.WriteText(Path.Combine(run.Output, MarkdownFile), text.ToString());
    }
}
