using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Reports;

/// <summary>Reports for people: report.md of a step or of a whole recipe.</summary>
static class ReportMarkdown
{
    internal static string Of(StepReportDocument step)
    {
        var text = new StringBuilder();
        Append(text, step, "#");
        return text.ToString();
    }

    internal static string Of(IReadOnlyList<StepReportDocument> steps)
    {
        var text = new StringBuilder("# Report\n\n");
        if (steps.Sum(s => s.Figures.Count) > 0) text.Append(MarkdownTable.Of(Comparison(steps))).Append('\n');
        foreach (var step in steps) Append(text, step, "##");
        return text.ToString();
    }

    /// <summary>One row a figure, one column a step: what each step did to quality, bytes and speed.</summary>
    internal static ReportTable Comparison(IReadOnlyList<StepReportDocument> steps)
    {
        var shown = steps.Where(s => s.Figures.Count > 0).ToList();
        var names = shown.SelectMany(s => s.Figures).Select(f => (f.Key, f.Unit)).Distinct();
        return new ReportTable(
            "Figures by step",
            ["figure", .. shown.Select(s => FormattableString.Invariant($"{s.Step} {s.Verb}"))],
            [.. names.Select(n => (IReadOnlyList<string>)[Head(n.Key, n.Unit), .. shown.Select(s => Cell(s, n.Key, n.Unit))])]);
    }

    static string Cell(StepReportDocument step, string key, string unit) =>
        step.Figures.Where(f => f.Key == key && f.Unit == unit).Select(f => FigureText.Of(f.Value)).FirstOrDefault("");

    static string Head(string key, string unit) => unit.Length == 0 ? key : $"{key} ({unit})";

    static void Append(StringBuilder text, StepReportDocument step, string heading)
    {
        text.Append(CultureInfo.InvariantCulture, $"{heading} {step.Step}. {step.Verb}\n\n{step.Summary}\n\n");
        if (step.Figures.Count > 0)
        {
            text.Append(MarkdownTable.Of(new ReportTable("", ["figure", "value", "unit"],
                [.. step.Figures.Select(f => (IReadOnlyList<string>)[f.Key, FigureText.Of(f.Value), f.Unit])]))).Append('\n');
        }
        foreach (var table in step.Tables)
            text.Append(CultureInfo.InvariantCulture, $"{heading}# {table.Title}\n\n{MarkdownTable.Of(table)}\n");
        foreach (var passage in step.Passages)
            text.Append(CultureInfo.InvariantCulture, $"{heading}# {passage.Title}\n\n{Indented(passage)}\n");
        Bullets("Warnings", step.Warnings);
        Bullets("Notes", step.Notes);
        text.Append(CultureInfo.InvariantCulture, $"{heading}# Made with\n\n");
        foreach (var (name, value) in Circumstances(step)) text.Append(CultureInfo.InvariantCulture, $"- {name}: {value}\n");
        text.Append('\n');

        void Bullets(string title, IReadOnlyList<string> lines)
        {
            if (lines.Count == 0) return;
            text.Append(CultureInfo.InvariantCulture, $"{heading}# {title}\n\n");
            foreach (var line in lines) text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
            text.Append('\n');
        }
    }

    // As code, so that nothing in the text is Markdown.
    static string Indented(Passage passage) =>
        string.Concat(string.Concat(passage.Pieces.Select(p => p.Marked)).TrimEnd('\n').Split('\n').Select(line => $"    {line}\n"));

    static IEnumerable<(string Name, string Value)> Circumstances(StepReportDocument step)
    {
        foreach (var (key, value) in step.Options) yield return (key, $"`{Plain(value)}`");
        foreach (var (name, hash) in step.Inputs) yield return ($"input {name}", $"`{hash[..Math.Min(16, hash.Length)]}`");
        var where = step.Environment;
        yield return ("seed", FormattableString.Invariant($"{step.Seed}"));
        yield return ("time", FormattableString.Invariant($"{step.Seconds:0.0} s"));
        yield return ("peak memory", FormattableString.Invariant($"{where.PeakMemoryBytes / 1e9:0.00} GB"));
        yield return ("machine", FormattableString.Invariant($"{where.Processor}, {where.Threads} of {where.Cores} threads, {where.System}"));
        yield return ("software", $"moesaic {where.Tool}, {where.Runtime}");
    }

    static string Plain(JsonNode? value) => value?.ToJsonString() ?? "null";
}
