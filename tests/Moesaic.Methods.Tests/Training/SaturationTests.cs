using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training;

namespace Moesaic.Methods.Tests.Training;

public sealed class SaturationTests : IDisposable
{
    readonly StageRecipe recipe = new();

    public void Dispose() => recipe.Dispose();

    TrainStepOptions Training => recipe.Training with { HeldOut = new() { Path = recipe["dogs.txt"] }, SaturationEvery = 4, LearningRate = 0.03 };

    [Fact]
    public void The_last_choices_are_their_own_and_earlier_ones_differ()
    {
        var report = recipe.Run("out", new TrainStep(Training));
        var table = report.Tables.Single(t => t.Title == "Router saturation");
        Assert.Equal(["0", "4", "8", "12"], table.Rows.Select(r => r[0]));
        Assert.Equal(["100.0", "100.0", "100.0"], table.Rows[^1].Skip(1));
        var curve = report.Curves.Single(c => c.Key == "saturation");
        Assert.InRange(curve.Values[0], 20, 99);
        Assert.True(curve.Values[2] > curve.Values[0], "choices come closer to the last ones");
        Assert.Equal(100, curve.Values[^1]);
        Assert.Equal(report.Curves.Single(c => c.Key == "held_out_loss").Places[^1], curve.Places[^1], 1.0);
        Assert.Equal(curve.Values[1], report.Figures.Single(f => f.Key == "saturation_at_50").Value);
    }

    [Fact]
    public void What_routers_do_in_a_step_is_reported()
    {
        var report = recipe.Run("out", new TrainStep(Training));
        Assert.Equal(2, report.Figures.Single(f => f.Key == "experts_per_token").Value);
        Assert.Equal(0, report.Figures.Single(f => f.Key == "drop_rate").Value);
        var curve = report.Curves.Single(c => c.Key == "load_variation");
        Assert.Equal(12, curve.Values.Count);
        Assert.All(curve.Values, v => Assert.InRange(v, 0.001, Math.Sqrt(3)));
    }

    [Fact]
    public void A_run_that_was_stopped_tells_the_same() =>
        recipe.AssertGoesOnToTheSameBytes(() => new TrainStep(Training with { SaveEvery = 0 }), "train", 5, 9);

    [Fact]
    public void It_needs_held_out_text()
    {
        var options = Training with { HeldOut = null };
        Assert.Contains(options.Validate(new ValidationContext(options)), r => r.ErrorMessage!.Contains("saturation", StringComparison.Ordinal));
    }
}
