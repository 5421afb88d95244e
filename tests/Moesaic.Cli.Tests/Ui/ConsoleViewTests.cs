using System.Globalization;
using Moesaic.Cli.Ui;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Tests.Ui;

public class ConsoleViewTests
{
    readonly StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
    readonly StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
    readonly FakeTime time = new();

    IView Plain => ViewChoice.For(output, error, plainOutput: true, plainError: true, time);

    [Fact]
    public void Plain_progress_is_a_line_every_ten_seconds_and_one_at_the_end()
    {
        using (var task = Plain.Begin("train", 400, "tokens", done: 100))
        {
            for (var i = 1; i <= 250; i++)
            {
                time.Pass(0.1);
                task.Report(100 + i, new Figure("loss", 3 - i / 100.0, "nats"));
            }
        }
        Assert.Equal("""
            train: 50 %, 200 of 400 tokens, 10 tokens/s, 20 s left, loss 2 nats
            train: 75 %, 300 of 400 tokens, 10 tokens/s, 10 s left, loss 1 nats
            train: 350 tokens in 25 s, 10 tokens/s

            """.ReplaceLineEndings("\n"), error.ToString());
        Assert.Equal("", output.ToString());
    }

    [Fact]
    public void Short_tasks_leave_no_line()
    {
        using (var task = Plain.Begin("read model", 100, "bytes"))
        {
            time.Pass(1);
            task.Report(100);
        }
        Assert.Equal("", error.ToString());
    }

    [Fact]
    public void The_inner_task_is_shown()
    {
        var view = Plain;
        using var outer = view.Begin("layers", 2, "layers");
        using (var inner = view.Begin("calibrate layer 0", 0, "tokens"))
        {
            time.Pass(11);
            outer.Report(1);
            inner.Report(1_500_000_000);
        }
        Assert.Equal("""
            calibrate layer 0: 1,500,000,000 tokens, 136M tokens/s
            calibrate layer 0: 1,500,000,000 tokens in 11 s, 136M tokens/s

            """.ReplaceLineEndings("\n"), error.ToString());
    }

    [Fact]
    public void Messages_go_to_error_and_results_to_output()
    {
        var view = Plain;
        view.Note("[markup] is text");
        view.Warn("few tokens");
        view.Error("first\nsecond", 2);
        view.Measured("step 10", [new Figure("loss", 2.5, "nats"), new Figure("size", 1e9, "bytes")]);
        view.Text("Once upon");
        view.Text(" a time");
        view.Line("done");
        Assert.Equal("[markup] is text\nwarning: few tokens\nerror: first\nsecond\nstep 10: loss 2.500 nats, size 1.00 GB\n", error.ToString());
        Assert.Equal("Once upon a time\ndone\n", output.ToString());
    }

    [Fact]
    public void A_passage_shows_the_number_of_every_piece_and_with_colours_its_colour()
    {
        var report = new StepReport { Summary = "Done.", Passages = [new Passage("Text", [new("a", 3), new(" [cat]", 10), new("↵\n", 3), new("  end", -1)])] };
        Plain.Report("routes", report);
        Assert.Equal("routes: Done.\n\nText\na₃ [cat]₁₀↵₃\n  end₋\n", output.ToString());

        output.GetStringBuilder().Clear();
        ViewChoice.For(output, error, plainOutput: false, plainError: true, time).Report("routes", report);
        var text = System.Text.RegularExpressions.Regex.Replace(output.ToString(), "\u001b\\[[0-9;]*m", "");
        Assert.EndsWith("a₃ [cat]₁₀↵₃\n  end₋\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Plain_tables_are_aligned_columns()
    {
        Plain.Table(new ReportTable("By layer", ["layer", "tokens", "share"], [["0", "1,234", "0.5"], ["mixture", "56", "12 %"]]));
        Assert.Equal("""
            By layer
            layer    tokens  share
            0         1,234    0.5
            mixture      56   12 %
            """.ReplaceLineEndings("\n"), Trimmed(output));
    }

    [Fact]
    public void A_plan_is_a_table_with_a_total()
    {
        StepPlan Step(string summary, double seconds, params StepInput[] inputs) => new()
        {
            Summary = summary, ReadBytes = 2_000_000, PeakMemoryBytes = 3_000_000_000, Seconds = seconds, OutputBytes = 1000, Inputs = inputs, Notes = ["beware"],
        };
        Plain.Plan(new RunPlan([("split", Step("8 experts", 5)), ("train", Step("400,000 tokens", 300, new StepInput("docs", "a/b")))]));
        Assert.Equal("""
            Plan
            step     does              reads  peak memory   writes       time
            1 split  8 experts       2.00 MB      3.00 GB  1.00 kB      5.0 s
            2 train  400,000 tokens  2.00 MB      3.00 GB  1.00 kB  5 min 0 s
            all                      4.00 MB      3.00 GB  2.00 kB  5 min 5 s
            split: beware
            train reads docs (a/b)
            train: beware
            """.ReplaceLineEndings("\n"), Trimmed(output));
    }

    [Fact]
    public void A_report_shows_figures_with_units()
    {
        Plain.Report("evaluate", new StepReport
        {
            Summary = "Measured.", Figures = [new Figure("perplexity", 12.3456), new Figure("size", 2e9, "bytes")], Notes = ["one document"],
        });
        Assert.Equal("""
            evaluate: Measured.
            figure        value
            perplexity   12.346
            size        2.00 GB
              one document
            """.ReplaceLineEndings("\n"), Trimmed(output));
    }

    [Fact]
    public void The_live_line_is_rewritten_and_makes_room()
    {
        var view = ViewChoice.For(output, error, plainOutput: true, plainError: false, time);
        using (var task = view.Begin("train", 100, "tokens"))
        {
            time.Pass(0.5);
            task.Report(50, new Figure("loss", 2.5));
            task.Report(51);
            view.Note("saved");
            time.Pass(2);
            task.Report(100);
        }
        var lines = error.ToString().Split("\r\u001b[2K").Select(Bare).ToArray();
        Assert.Equal("train ━━━━━━━━━━────────── 50 % · 100 tokens/s · 0.5 s left · loss 2.500", lines[0]);
        Assert.Equal("saved\ntrain ━━━━━━━━━━━━━━━━━━━━ 100 % · 40 tokens/s · 0.0 s left", lines[1]);
        Assert.Equal("train: 100 tokens in 2.5 s, 40 tokens/s\n", lines[2]);
        Assert.Equal(3, lines.Length);
    }

    [Fact]
    public void The_live_line_never_wraps()
    {
        var view = ViewChoice.For(output, error, plainOutput: true, plainError: false, time);
        using (var task = view.Begin(new string('漢', 200), 100, "tokens"))
        {
            time.Pass(1);
            task.Report(50);
        }
        var line = Bare(error.ToString().Split('\r')[0]);
        Assert.Equal(new string('漢', 19) + "… ━━━━━━━━━━────────── 50 % · 50 tokens/…", line);
    }

    // Without the escape sequences of colours.
    static string Bare(string text) => System.Text.RegularExpressions.Regex.Replace(text, "\u001b\\[[0-9;]*m", "");

    static string Trimmed(StringWriter writer) => string.Join('\n', writer.ToString().TrimEnd().Split('\n').Select(l => l.TrimEnd()));
}
