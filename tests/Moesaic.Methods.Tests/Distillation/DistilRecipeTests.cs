using Moesaic.Formats;
using Moesaic.Methods.Tests.Training;
using Moesaic.Methods.Training;

namespace Moesaic.Methods.Tests.Distillation;

public sealed class DistilRecipeTests : IDisposable
{
    readonly StageRecipe recipe = new();

    public void Dispose() => recipe.Dispose();

    TrainStepOptions Taught(string teacher) => recipe.Training with { Distil = new() { Teacher = teacher, Weight = 0.7, Temperature = 2, Top = 20 } };

    [Fact]
    public void A_stage_learns_from_a_teacher_and_reports_it()
    {
        recipe.Run("teacher", new TrainStep(recipe.Training with { Tokens = 4096 }));
        var report = recipe.Run("out", new TrainStep(Taught(recipe["teacher"])));
        var figures = report.Figures.ToDictionary(f => f.Key, f => f.Value);
        Assert.True(figures["divergence_last"] < figures["divergence_first"]);
        Assert.Contains("taught by", report.Summary, StringComparison.Ordinal);
        Assert.Contains("divergence (nats)", report.Tables[0].Columns);
    }

    [Fact]
    public void A_stopped_run_goes_on_to_the_same_bytes()
    {
        recipe.Run("teacher", new TrainStep(recipe.Training with { Tokens = 1024 }));
        recipe.AssertGoesOnToTheSameBytes(() => new TrainStep(Taught(recipe["teacher"])), "train", 1, 7);
    }

    [Fact]
    public void A_teacher_with_another_tokenizer_is_refused()
    {
        recipe.Run("teacher", new TrainStep(recipe.Training with { Tokens = 128 }));
        var file = recipe["teacher/tokenizer.json"];
        var text = File.ReadAllText(file);
        Assert.Contains("\"a\":", text, StringComparison.Ordinal);
        File.WriteAllText(file, text.Replace("\"a\":", "\"Ж\":", StringComparison.Ordinal).Replace("\"b\":", "\"a\":", StringComparison.Ordinal).Replace("\"Ж\":", "\"b\":", StringComparison.Ordinal));
        Assert.Contains("same tokenizer", Assert.Throws<BadRequestException>(() => recipe.Run("out", new TrainStep(Taught(recipe["teacher"])))).Message, StringComparison.Ordinal);
    }
}
