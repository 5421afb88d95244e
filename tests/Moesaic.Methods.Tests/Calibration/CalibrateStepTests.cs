using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Data;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Text;

namespace Moesaic.Methods.Tests.Calibration;

public sealed class CalibrateStepTests : IDisposable
{
    readonly TextMixture mixture = new();

    public void Dispose() => mixture.Dispose();

    RecipeRun Recipe(CalibrateStepOptions options) => new()
    {
        Model = mixture.Folder["model"], Output = mixture.Folder["out"], Seed = 1, RecipeText = "recipe",
        Steps = [new RecipeStep("calibrate", [], new CalibrateStep(options with { Context = 16 }))],
    };

    [Fact]
    public void Statistics_lie_in_the_output_and_experts_with_few_tokens_are_named()
    {
        var steps = new RecipeRunner(Recipe(new CalibrateStepOptions { Calibration = mixture.Data, MinimumTokens = 1_000_000 }), SilentProgress.Instance).Run();
        var read = CalibrationStatistics.Load(mixture.Folder["out"]);
        Assert.Equal(2, read.Layers.Count);
        Assert.Equal(CalibrationSource.OfModel(mixture.Folder["model"], SilentProgress.Instance, default), read.Source.Model);
        var report = steps.Single().Report;
        Assert.Equal(read.Tokens, report.Figures.Single(f => f.Key == "tokens").Value);
        Assert.Equal(16, report.Figures.Single(f => f.Key == "experts_with_few_tokens").Value);
        Assert.Contains(report.Notes, n => n.Contains("16 experts were chosen by fewer than 1000000 tokens", StringComparison.Ordinal));
        Assert.Contains(report.Notes, n => n.Contains("calibrated on", StringComparison.Ordinal));
        Assert.Equal(2, report.Tables.Count);
        Assert.Empty(Directory.GetFiles(mixture.Folder["out.work"], "*.tmp", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFiles(mixture.Folder["out.work"], "layer-*", SearchOption.AllDirectories));

        // The same again changes nothing; another way of calibrating replaces what was published.
        new RecipeRunner(Recipe(new CalibrateStepOptions { Calibration = mixture.Data }), SilentProgress.Instance, restart: true).Run();
        Assert.Null(CalibrationStatistics.Load(mixture.Folder["out"]).Experts(0).AllOutputs);
    }

    [Fact]
    public void Special_tokens_count_when_asked_for()
    {
        long Tokens(bool special) => new CalibrateStep(new CalibrateStepOptions { Calibration = mixture.Data, Context = 16, SpecialTokens = special })
            .Run(mixture.Context($"w{special}")).Figures.Single(f => f.Key == "tokens") is var figure ? (long)figure.Value : 0;
        Assert.True(Tokens(true) > Tokens(false));
    }

    [Fact]
    public void The_plan_tells_what_it_costs()
    {
        var context = new PlanContext { Model = ModelOutline.Read(mixture.Folder["model"]), Seed = 1, Threads = 2 };
        StepPlan Plan(CalibrateStepOptions options) => new CalibrateStep(options with { Context = 16 }).Plan(context);
        var routed = Plan(new CalibrateStepOptions { Calibration = mixture.Data });
        Assert.Contains("2 mixtures in 2 layers, routed rows", routed.Summary, StringComparison.Ordinal);
        Assert.Contains(routed.Inputs, i => i.Name == "calibration");
        Assert.True(Plan(new CalibrateStepOptions { Calibration = mixture.Data, Rows = CalibratedRows.All }).Seconds > routed.Seconds);
        Assert.True(Plan(new CalibrateStepOptions { Calibration = mixture.Data, HiddenStates = StreamPlace.Disk }).OutputBytes > routed.OutputBytes);
        Assert.Contains("longer than the model's 64", Assert.Throws<BadRequestException>(() =>
            new CalibrateStep(new CalibrateStepOptions { Calibration = mixture.Data, Context = 65 }).Plan(context)).Message, StringComparison.Ordinal);
    }
}
