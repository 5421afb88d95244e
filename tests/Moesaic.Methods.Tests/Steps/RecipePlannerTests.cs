using Moesaic.Formats;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Tests.Steps;

public class RecipePlannerTests
{
    [Fact]
    public void Each_step_is_planned_on_what_the_one_before_will_write()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config.json"], "{}");
        File.WriteAllText(folder["model.safetensors"], "12345");
        var plan = RecipePlanner.Plan(new RecipeRun
        {
            Model = folder.Path, Output = folder.Path + "-out", Seed = 1, RecipeText = "",
            Steps = [new SampleStep("a", 10).As("split"), new SampleStep("b", 100).As("train")],
        });
        Assert.Equal([5L, 15L], plan.Steps.Select(s => s.Plan.ReadBytes));
        Assert.Equal((4.0, 1000L, 20L, 20L), (plan.Seconds, plan.PeakMemoryBytes, plan.ReadBytes, plan.OutputBytes));
    }

    [Fact]
    public void A_missing_model_is_named()
    {
        var run = new RecipeRun { Model = "no/such/folder", Output = "out", Seed = 1, RecipeText = "", Steps = [new SampleStep("a").As("split")] };
        Assert.Contains("no/such/folder", Assert.Throws<BadModelException>(() => RecipePlanner.Plan(run)).Message, StringComparison.Ordinal);
    }
}
