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
}
