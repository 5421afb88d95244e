using System.Globalization;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Ui;

/// <summary>The plan of a grid: a row a cell, and what all cost together.</summary>
static class GridPlanTable
{
    public static ReportTable Of(GridRun run, IReadOnlyList<RunPlan> plans)
    {
        var cells = run.Cells.Zip(plans, (cell, plan) => (IReadOnlyList<string>)
        [
            cell.Name, string.Join(", ", plan.Steps.Select(s => s.Verb)), Quantity.Bytes(plan.PeakMemoryBytes),
            Quantity.Bytes(plan.OutputBytes), Quantity.Duration(plan.Seconds),
        ]);
        return new ReportTable(
            string.Create(CultureInfo.InvariantCulture, $"{run.Cells.Count} cells"), ["cell", "steps", "peak memory", "writes", "time"],
            [
                .. cells, ["all", "", Quantity.Bytes(plans.Max(p => p.PeakMemoryBytes)), Quantity.Bytes(plans.Sum(p => p.OutputBytes)),
                    Quantity.Duration(plans.Sum(p => p.Seconds))],
            ]);
    }
}
