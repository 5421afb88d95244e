using System.Text;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Reports;

/// <summary>Tables for GitHub's Markdown; columns of numbers are set to the right.</summary>
public static class MarkdownTable
{
    /// <summary>The table without its title; the last line ends too.</summary>
    public static string Of(ReportTable table)
    {
        var text = new StringBuilder();
        Row(table.Columns);
        Row([.. Enumerable.Range(0, table.Columns.Count).Select(c => IsNumeric(table, c) ? "---:" : "---")]);
        foreach (var row in table.Rows) Row(row);
        return text.ToString();

        void Row(IReadOnlyList<string> cells) =>
            text.Append("| ").AppendJoin(" | ", cells.Select(Escape)).Append(" |\n");
    }

    // A cell is text: nothing in it is a tag, an entity or the end of a cell.
    static string Escape(string cell) => cell.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings(" ");

    static bool IsNumeric(ReportTable table, int column) =>
        table.Rows.Any(r => r[column].Length > 0) && table.Rows.All(r => r[column].Length == 0 || FigureText.IsNumber(r[column]));
}
