namespace Moesaic.Methods.Steps;

/// <summary>A table of a report: one line a layer, an expert, a domain.</summary>
/// <param name="Title">Heading of the table.</param>
/// <param name="Columns">Heads of the columns, with the unit where there is one: "tokens/s".</param>
/// <param name="Rows">Cells, already formatted with the invariant culture; every row is as long as the head.</param>
public sealed record ReportTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);
