using Moesaic.Formats;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Tests.Steps;

public sealed class GridRunnerTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public GridRunnerTests()
    {
        Directory.CreateDirectory(folder["source"]);
        File.WriteAllText(folder["source/config.json"], """{"model_type":"llama"}""");
        File.WriteAllText(folder["source/model.safetensors"], "weights\n");
    }

    public void Dispose() => folder.Dispose();

    GridRun Grid(params (string Name, string Model, SampleStep Step)[] cells) => new()
    {
        Output = folder["out"], Figures = [],
        Cells = [.. cells.Select(c => (c.Name, new RecipeRun
        {
            Model = folder[c.Model], Output = folder["out/" + c.Name], Seed = 1, RecipeText = "moesaic: 1\n", Steps = [c.Step.As("train")],
        }))],
    };

    [Fact]
    public void A_cell_that_cannot_run_is_named_before_the_first_runs()
    {
        var first = new SampleStep("a");
        var refused = Assert.Throws<BadRequestException>(() =>
            new GridRunner(Grid(("one", "source", first), ("two", "source", new SampleStep("b") { Refusal = "no" })), SilentProgress.Instance).Run());
        Assert.StartsWith("cell two: ", refused.Message, StringComparison.Ordinal);
        var missing = Assert.Throws<BadModelException>(() =>
            new GridRunner(Grid(("one", "source", first), ("three", "missing", new SampleStep("b"))), SilentProgress.Instance).Run());
        Assert.StartsWith("cell three: ", missing.Message, StringComparison.Ordinal);
        Assert.Equal(0, first.UnitsDone);
    }

    [Fact]
    public void Cells_stand_side_by_side()
    {
        var table = new GridRunner(Grid(("one", "source", new SampleStep("a")), ("two", "source", new SampleStep("b", 2) { Figure = 3 })), SilentProgress.Instance).Run();
        Assert.Equal(["one", "two"], table.Rows.Select(r => r[0]));
        Assert.Equal(["cell", "1.train.units", "1.train.loss (nats)"], table.Columns);
        Assert.Equal(["3", "2"], table.Rows.Select(r => r[1]));
    }

    [Fact]
    public void Curves_become_charts_and_seeds_one_line()
    {
        var grid = Grid(("a-s1", "source", new SampleStep("a")), ("a-s2", "source", new SampleStep("a") { Figure = 2.5 }), ("b", "source", new SampleStep("b") { Figure = 3 }))
            with { Plot = ["train.loss", "train.speed"], Figures = ["train.loss"] };
        var progress = new Warnings();
        new GridRunner(grid, progress).Run();
        var text = File.ReadAllText(folder["out/grid.md"]);
        Assert.Contains("| a (2) | 2 (1.500 to 2.500) |", text, StringComparison.Ordinal);
        Assert.Contains("![train.loss](train.loss.svg)", text, StringComparison.Ordinal);
        var chart = File.ReadAllText(folder["out/train.loss.svg"]);
        Assert.Equal(2, chart.Split("<polyline").Length - 1);
        Assert.Single(chart.Split("<polygon").Skip(1));
        Assert.Equal(["grid: no cell has a curve train.speed"], progress.Told.Where(w => w.StartsWith("grid", StringComparison.Ordinal)));

        // Finished cells are read back with their curves.
        File.Delete(folder["out/train.loss.svg"]);
        new GridRunner(grid, SilentProgress.Instance).Run();
        Assert.Equal(chart, File.ReadAllText(folder["out/train.loss.svg"]));
    }

    sealed class Warnings : IProgressReporter
    {
        public List<string> Told { get; } = [];

        public IProgressTask Begin(string title, double total, string unit, double done = 0) => SilentProgress.Instance.Begin(title, total, unit, done);

        public void Measured(string title, IReadOnlyList<Figure> figures)
        {
        }

        public void Note(string message)
        {
        }

        public void Warn(string message) => Told.Add(message);
    }
}
