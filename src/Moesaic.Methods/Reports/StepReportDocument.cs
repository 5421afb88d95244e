using System.Text.Json.Nodes;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Reports;

/// <summary>report.json of one step: what was found, from what, with what, where.</summary>
sealed record StepReportDocument
{
    /// <summary>Version of this format.</summary>
    public int Report { get; init; } = 1;

    public required int Step { get; init; }

    public required string Verb { get; init; }

    public required string Summary { get; init; }

    public required IReadOnlyList<Figure> Figures { get; init; }

    public required IReadOnlyList<ReportTable> Tables { get; init; }

    public IReadOnlyList<Curve> Curves { get; init; } = [];

    public IReadOnlyList<Passage> Passages { get; init; } = [];

    public required IReadOnlyList<string> Notes { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    public required JsonObject Options { get; init; }

    public required SortedDictionary<string, string> Inputs { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>Duration of the run that finished the step; what killed runs did before is not in it.</summary>
    public required double Seconds { get; init; }

    public required RunEnvironment Environment { get; init; }

    internal static StepReportDocument Of(int step, StepState state, StepReport report, IReadOnlyList<string> warnings, double seconds)
    {
        if (report.Figures.FirstOrDefault(f => !double.IsFinite(f.Value)) is { Key: not null } figure)
            throw new InvalidOperationException($"{state.Verb} reported {figure.Key} = {figure.Value}");
        if (report.Curves.FirstOrDefault(c => !c.Values.All(double.IsFinite) || c.Values.Count != c.Places.Count) is { } curve)
            throw new InvalidOperationException($"{state.Verb} reported a curve {curve.Key} that is not finite or has too few values");
        return new StepReportDocument
        {
            Step = step,
            Verb = state.Verb,
            Summary = report.Summary,
            Figures = report.Figures,
            Tables = report.Tables,
            Curves = report.Curves,
            Passages = report.Passages,
            Notes = report.Notes,
            Warnings = warnings,
            Options = state.Options.DeepClone().AsObject(),
            Inputs = state.Inputs,
            Seed = state.Seed,
            Seconds = Math.Round(seconds, 3),
            Environment = RunEnvironment.Current(),
        };
    }

    internal StepReport ToReport() => new()
    {
        Summary = Summary, Figures = Figures, Tables = Tables, Curves = Curves, Passages = Passages, Notes = Notes,
    };
}
