using Moesaic.Methods.Progress;
using Moesaic.Methods.Reports;
using Moesaic.Methods.Steps;
using Spectre.Console;
using Words = Spectre.Console.Text;

namespace Moesaic.Cli.Ui;

/// <summary>The view for people, on a terminal or as plain lines.</summary>
/// <param name="output">Results.</param>
/// <param name="error">Everything else.</param>
/// <param name="display">How running tasks look.</param>
/// <param name="time">The clock of rates and intervals.</param>
/// <param name="plain">Tables as aligned columns without lines around them.</param>
sealed class ConsoleView(IAnsiConsole output, IAnsiConsole error, IProgressDisplay display, TimeProvider time, bool plain) : IView
{
    readonly ProgressStack stack = new(display, time);
    bool textOpen;

    public IProgressTask Begin(string title, double total, string unit, double done = 0) => stack.Begin(title, total, unit, done);

    public void Measured(string title, IReadOnlyList<Figure> figures) => Say(error,
        $"{title}: {string.Join(", ", figures.Select(f => $"{f.Key} {Quantity.Of(f.Value, f.Unit)}"))}");

    public void Note(string message) => Say(error, message);

    public void Warn(string message) => Say(error, message, "warning: ", Color.Yellow);

    public void Error(string message, int exitCode) => Say(error, message, "error: ", Color.Red);

    public void Line(string text) => Say(output, text);

    public void Text(string piece) => stack.Above(() =>
    {
        output.Profile.Out.Writer.Write(piece);
        output.Profile.Out.Writer.Flush();
        textOpen = !piece.EndsWith('\n') && (textOpen || piece.Length > 0);
    });

    public void Plan(RunPlan plan)
    {
        var rows = plan.Steps.Select((s, i) => PlanTable.Row(i + 1, s.Verb, s.Plan)).ToList();
        if (rows.Count > 1) rows.Add(PlanTable.Total(plan));
        Show(new ReportTable("Plan", PlanTable.Columns, rows), column => column >= PlanTable.FirstAmount);
        foreach (var (verb, step) in plan.Steps)
        {
            foreach (var (name, path, _) in step.Inputs)
                Say(output, $"{verb} reads {name}{(path is null || path == name ? "" : $" ({path})")}");
            foreach (var note in step.Notes) Say(output, $"{verb}: {note}");
        }
    }

    public void Report(string verb, StepReport report)
    {
        Say(output, $"{verb}: {report.Summary}");
        if (report.Figures.Count > 0)
        {
            Show(new ReportTable("", ["figure", "value"],
                [.. report.Figures.Select(f => (IReadOnlyList<string>)[f.Key, Quantity.Of(f.Value, f.Unit)])]), column => column == 1);
        }
        foreach (var table in report.Tables)
        {
            Line("");
            Table(table);
        }
        foreach (var passage in report.Passages)
        {
            Line("");
            Show(passage);
        }
        foreach (var note in report.Notes) Say(output, $"  {note}");
    }

    public void Table(ReportTable table) =>
        Show(table, column => table.Rows.All(r => r[column].Length == 0 || FigureText.IsNumber(r[column])));

    void Show(ReportTable table, Func<int, bool> right) => stack.Above(() =>
    {
        CloseText();
        var shown = new Table { Border = plain ? TableBorder.None : TableBorder.Simple };
        if (table.Title.Length > 0) output.Write(new Words(table.Title + "\n", new Style(decoration: Decoration.Bold)));
        for (var c = 0; c < table.Columns.Count; c++)
        {
            var column = new TableColumn(new Words(table.Columns[c])) { NoWrap = plain };
            if (plain) column.Padding = new Padding(0, 0, 2, 0);
            if (right(c)) column.RightAligned();
            shown.AddColumn(column);
        }
        foreach (var row in table.Rows) shown.AddRow(row.Select(c => new Words(c)));
        output.Write(shown);
    });

    // Written piece by piece: a text is not re-wrapped, and a line end closes its colour.
    void Show(Passage passage) => stack.Above(() =>
    {
        CloseText();
        output.Write(new Words(passage.Title + "\n", new Style(decoration: Decoration.Bold)));
        foreach (var piece in passage.Pieces)
        {
            var style = LabelColours.Of(piece.Label);
            if (plain) output.Profile.Out.Writer.Write(piece.Marked);
            else output.Write(new Words(piece.Marked.TrimEnd('\n'), style));
            if (!plain && piece.Text.EndsWith('\n')) output.Profile.Out.Writer.WriteLine();
        }
        output.Profile.Out.Writer.WriteLine();
        output.Profile.Out.Writer.Flush();
    });

    void Say(IAnsiConsole console, string message, string prefix = "", Color? colour = null) => stack.Above(() =>
    {
        CloseText();
        if (prefix.Length > 0) console.Write(new Words(prefix, new Style(colour)));
        // Written raw: words are not re-wrapped, so that they can be copied and searched.
        console.Profile.Out.Writer.WriteLine(message);
        console.Profile.Out.Writer.Flush();
    });

    void CloseText()
    {
        if (textOpen) output.Profile.Out.Writer.WriteLine();
        textOpen = false;
    }
}
