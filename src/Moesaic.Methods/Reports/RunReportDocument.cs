namespace Moesaic.Methods.Reports;

/// <summary>report.json of a whole recipe.</summary>
sealed record RunReportDocument
{
    /// <summary>Version of this format.</summary>
    public int Report { get; init; } = 1;

    public required IReadOnlyList<StepReportDocument> Steps { get; init; }
}
