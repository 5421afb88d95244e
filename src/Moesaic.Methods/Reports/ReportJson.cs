using System.Text.Json.Serialization;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Reports;

/// <summary>JSON of reports and states: snake_case, indented, line feeds, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, NewLine = "\n",
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(StepReportDocument))]
[JsonSerializable(typeof(RunReportDocument))]
[JsonSerializable(typeof(StepState))]
[JsonSerializable(typeof(IReadOnlyList<GridCellReport>))]
sealed partial class ReportJson : JsonSerializerContext
{
}
