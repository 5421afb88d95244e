using Spectre.Console;
using Spectre.Console.Rendering;

namespace Moesaic.Cli.Ui;

/// <summary>For terminals: one line at the bottom, rewritten in place; at the end of a longer task a line that stays.</summary>
sealed class LiveDisplay(IAnsiConsole error) : IProgressDisplay
{
    const int BarWidth = 20;
    const double WorthALine = 2;

    bool drawn;

    public TimeSpan Interval => TimeSpan.FromMilliseconds(100);

    public TimeSpan Delay => TimeSpan.FromMilliseconds(300);

    public void Began(ProgressTask task) { }

    public void Progressed(ProgressTask task)
    {
        Hide();
        error.Write(Line(task, error.Profile.Width - 1));
        drawn = true;
    }

    public void Ended(ProgressTask task)
    {
        Hide();
        if (task.Meter.Elapsed >= WorthALine) error.WriteLine(ProgressText.Finished(task));
    }

    public void Hide()
    {
        if (!drawn) return;
        error.Write(new ControlCode("\r\u001b[2K"));
        drawn = false;
    }

    static Paragraph Line(ProgressTask task, int width)
    {
        var line = new Paragraph();
        var left = width;
        Append(Cut(task.Title, width / 2) + " ", Style.Plain);
        if (task.Meter.Fraction is { } fraction)
        {
            var full = (int)Math.Round(fraction * BarWidth);
            Append(new string('━', full), new Style(Color.Green));
            Append(new string('─', BarWidth - full) + " ", new Style(decoration: Decoration.Dim));
        }
        Append(string.Join(" · ", ProgressText.Parts(task, amounts: false)), Style.Plain);
        return line;

        // A line that wraps cannot be rewritten: what does not fit is cut.
        void Append(string text, Style style)
        {
            text = Cut(text, left);
            left -= Cells(text);
            line.Append(text, style);
        }
    }

    static string Cut(string text, int cells)
    {
        if (Cells(text) <= cells) return text;
        while (text.Length > 0 && Cells(text) >= cells) text = text[..^1];
        return cells > 0 ? text + "…" : "";
    }

    // Letters of East Asian scripts take two cells.
    static int Cells(string text) => new Segment(text).CellCount();
}
