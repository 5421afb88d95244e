using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Ui;

/// <summary>The plan of a recipe as rows.</summary>
static class PlanTable
{
    public static IReadOnlyList<string> Columns { get; } = ["step", "does", "reads", "peak memory", "writes", "time"];

    /// <summary>The columns from here on are amounts.</summary>
    public const int FirstAmount = 2;

    public static IReadOnlyList<string> Row(int number, string verb, StepPlan plan) =>
    [
        FormattableString.Invariant($"{number} {verb}"), plan.Summary, Quantity.Bytes(plan.ReadBytes),
        Quantity.Bytes(plan.PeakMemoryBytes), Quantity.Bytes(plan.OutputBytes), Quantity.Duration(plan.Seconds),
    ];

    public static IReadOnlyList<string> Total(RunPlan plan) =>
    [
        "all", "", Quantity.Bytes(plan.ReadBytes),
        Quantity.Bytes(plan.PeakMemoryBytes), Quantity.Bytes(plan.OutputBytes), Quantity.Duration(plan.Seconds),
    ];
}
