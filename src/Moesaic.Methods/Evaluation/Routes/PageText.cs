using System.Globalization;
using System.Net;
using System.Text;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>HTML as it grows. Every text that comes from a model, its data or a path goes through <see cref="Escape"/>.</summary>
sealed class PageText
{
    readonly StringBuilder html = new();

    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <summary>Markup as it is.</summary>
    public void Raw(FormattableString markup) => html.Append(markup.ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc cref="Raw(FormattableString)"/>
    public void Raw(string markup) => html.Append(markup);

    /// <summary>A heading and what is to be known of what follows.</summary>
    public void Section(string title, string explanation) => Raw($"<h2>{Escape(title)}</h2>\n<p class=\"soft\">{Escape(explanation)}</p>\n");

    /// <summary>A plain table; its first column names the rows.</summary>
    public void Table(ReportTable table)
    {
        Open("", table.Title, table.Columns);
        foreach (var row in table.Rows)
        {
            Raw($"<tr><th scope=\"row\">{Escape(row[0])}</th>");
            foreach (var cell in row.Skip(1)) Raw($"<td>{Escape(cell)}</td>");
            Raw("</tr>\n");
        }
        Close();
    }

    /// <summary>A table of shaded cells. Each has its number in it and tells in its title what it means.</summary>
    /// <param name="caption">Above it.</param>
    /// <param name="columns">Heads; the first is that of the rows' names.</param>
    /// <param name="rows">Names and cells; a row may be shorter than the head.</param>
    public void Heat(string caption, IReadOnlyList<string> columns, IEnumerable<(string Name, IEnumerable<HeatCell> Cells)> rows)
    {
        Open("heat", caption, columns);
        foreach (var (name, cells) in rows)
        {
            Raw($"<tr><th scope=\"row\">{Escape(name)}</th>");
            foreach (var (text, heat, title) in cells)
                Raw($"<td style=\"--v:{Math.Clamp(70 * heat, 0, 70):0}\" title=\"{Escape(title)}\">{Escape(text)}</td>");
            Raw("</tr>\n");
        }
        Close();
    }

    /// <summary>Begins a table whose rows are written by hand.</summary>
    /// <param name="kind">Class of the table, or empty.</param>
    /// <param name="caption">Above it.</param>
    /// <param name="columns">Heads.</param>
    /// <param name="words">The head of a column of words, or null.</param>
    public void Open(string kind, string caption, IEnumerable<string> columns, string? words = null)
    {
        Raw($"<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{Escape(caption)}\"><table class=\"{kind}\"><caption>{Escape(caption)}</caption><thead><tr>");
        foreach (var column in columns) Raw($"<th scope=\"col\"{(column == words ? " class=\"words\"" : "")}>{Escape(column)}</th>");
        Raw("</tr></thead><tbody>\n");
    }

    /// <summary>Ends the table.</summary>
    public void Close() => Raw("</tbody></table></div>\n");

    public override string ToString() => html.ToString();
}

/// <summary>A cell of a table of shaded cells.</summary>
/// <param name="Text">In it.</param>
/// <param name="Heat">0 to 1, more counts as 1.</param>
/// <param name="Title">What it means, in words.</param>
readonly record struct HeatCell(string Text, double Heat, string Title);
