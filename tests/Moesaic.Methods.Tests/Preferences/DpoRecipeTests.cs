using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Methods.Preferences;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Training;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Tests.Preferences;

public sealed class DpoRecipeTests : IDisposable
{
    readonly StageRecipe recipe = new();

    public DpoRecipeTests() => File.WriteAllLines(recipe["pairs.jsonl"], Enumerable.Range(0, 40).Select(i =>
        JsonSerializer.Serialize(new { prompt = $"Dog {i}? ", chosen = $"runs {i % 7}", rejected = $"sat {i % 5}" })));

    public void Dispose() => recipe.Dispose();

    DpoStepOptions Dpo => new()
    {
        Data = [recipe["pairs.jsonl"]], HeldOutShare = 0.2, AsText = true, Epochs = 3, Context = 24, Batch = 4, RowsPerPass = 2,
        LearningRate = 0.003, EvaluateEvery = 5, Type = TensorType.F32,
    };

    [Fact]
    public void Better_answers_gain_on_pairs_never_seen()
    {
        var report = recipe.Run("out", new DpoStep(Dpo));
        var figures = report.Figures.ToDictionary(f => f.Key, f => f.Value);
        Assert.Equal(32, figures["pairs"]);
        Assert.Equal(Math.Log(2), figures["training_loss_first"], 1e-12);
        Assert.Equal(Math.Log(2), figures["held_out_loss_before"], 1e-12);
        Assert.True(figures["held_out_loss"] < 0.6 && figures["held_out_accuracy"] > 0.9 && figures["held_out_margin"] > 0.1);
        Assert.True(figures["training_margin_last"] > figures["training_margin_first"]);
        Assert.Equal(["0", "5", "10"], report.Tables[1].Rows.Take(3).Select(r => r[0]));
        Assert.Contains(report.Notes, n => n.StartsWith("8 held-out pairs", StringComparison.Ordinal));
    }

    [Fact]
    public void Noise_of_routers_does_not_come_between_model_and_reference()
    {
        using (var plain = ModelFolder.Load(recipe.Model))
        {
            var spec = plain.Model.Spec;
            using var noisy = new Model(spec with
            {
                Layers = [.. spec.Layers.Select(l => l.FeedForward is MixtureSpec m
                    ? l with { FeedForward = m with { Router = m.Router with { Noise = RouterNoise.Learned } } } : l)],
            });
            foreach (var parameter in plain.Model.Parameters) parameter.Value.Span.CopyTo(noisy[parameter.Name].Span);
            ModelFolder.Save(noisy, recipe["noisy"], new SaveOptions { Type = TensorType.F32, SideFilesFrom = recipe.Model });
        }
        var run = new RecipeRun
        {
            Model = recipe["noisy"], Output = recipe["out"], Seed = 3, RecipeText = "moesaic: 1\n", Steps = [new("dpo", new JsonObject(), new DpoStep(Dpo))],
        };
        var figures = new RecipeRunner(run, SilentProgress.Instance).Run()[0].Report.Figures;
        Assert.Equal(Math.Log(2), figures.Single(f => f.Key == "training_loss_first").Value, 1e-12);
        Assert.Equal(0, figures.Single(f => f.Key == "training_margin_first").Value);
    }

    [Fact]
    public void A_stopped_run_goes_on_to_the_same_bytes() => recipe.AssertGoesOnToTheSameBytes(() => new DpoStep(Dpo), "train", 1, 6);

    [Theory]
    [InlineData("measure the reference")]
    [InlineData("measure the held-out reference")]
    [InlineData("measure held-out pairs")]
    public void A_stopped_pass_goes_on_to_the_same_bytes(string task) => recipe.AssertGoesOnToTheSameBytes(() => new DpoStep(Dpo), task, 1, 2);

    [Fact]
    public void A_pass_over_the_reference_is_not_made_twice()
    {
        using (var stop = new CancellationTokenSource())
            Assert.Throws<OperationCanceledException>(() => recipe.Run("out", new DpoStep(Dpo), new StopAfter("measure the reference", 3, stop), stop.Token));
        var all = new StopAfter("measure the reference", int.MaxValue, null);
        recipe.Run("whole", new DpoStep(Dpo), all);
        var rest = new StopAfter("measure the reference", int.MaxValue, null);
        recipe.Run("out", new DpoStep(Dpo), rest);
        Assert.Equal(all.Reports - 3, rest.Reports);
    }

    [Fact]
    public void A_damaged_reference_is_refused()
    {
        using (var stop = new CancellationTokenSource())
            Assert.Throws<OperationCanceledException>(() => recipe.Run("out", new DpoStep(Dpo), new StopAfter("train", 1, stop), stop.Token));
        foreach (var damage in new[] { "", "{\"Blocks\":3,\"Sums\":[1]}", "{\"Blocks\":3" })
        {
            File.WriteAllText(recipe["out.work/1-step/work/reference.json"], damage);
            Assert.Contains("damaged", Assert.Throws<BadModelException>(() => recipe.Run("out", new DpoStep(Dpo))).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_is_left_out_is_counted()
    {
        File.AppendAllLines(recipe["pairs.jsonl"],
        [
            JsonSerializer.Serialize(new { prompt = "Dog? ", chosen = new string('y', 99), rejected = "n" }),
            JsonSerializer.Serialize(new { prompt = "Dog? ", chosen = "same", rejected = "same" }),
        ]);
        var report = recipe.Run("out", new DpoStep(Dpo with { HeldOutShare = 0 }));
        Assert.Contains(report.Notes, n => n.StartsWith("1 of 42 training pairs left out: longer than 24", StringComparison.Ordinal));
        Assert.Contains(report.Notes, n => n.StartsWith("1 training pairs left out: their answers are the same", StringComparison.Ordinal));
        Assert.Equal(40, report.Figures.Single(f => f.Key == "pairs").Value);
    }

    [Fact]
    public void So_many_pairs_are_drawn_as_asked()
    {
        var report = recipe.Run("out", new DpoStep(Dpo with { HeldOutShare = 0, HeldOut = recipe["pairs.jsonl"], Pairs = 11 }));
        Assert.Equal(11, report.Figures.Single(f => f.Key == "pairs").Value);
        Assert.Contains(report.Notes, n => n.StartsWith("40 held-out pairs", StringComparison.Ordinal));
    }

    [Fact]
    public void Mistakes_are_refused()
    {
        Assert.Contains("as_text", Assert.Throws<BadRequestException>(() => recipe.Run("a", new DpoStep(Dpo with { AsText = false }))).Message, StringComparison.Ordinal);
        Assert.Contains("longer than the model's 64", Assert.Throws<BadRequestException>(() => recipe.Run("b", new DpoStep(Dpo with { Context = 65 }))).Message, StringComparison.Ordinal);
        File.WriteAllText(recipe["chat.jsonl"], """{"messages": [{"role": "user", "content": "q"}], "chosen": "a", "rejected": "b"}""");
        Assert.Contains("is a conversation", Assert.Throws<BadRequestException>(() => recipe.Run("c", new DpoStep(Dpo with { HeldOutShare = 0, Data = [recipe["chat.jsonl"]] }))).Message, StringComparison.Ordinal);
        Assert.Throws<BadModelException>(() => recipe.Run("d", new DpoStep(Dpo with { Data = [recipe["missing.jsonl"]] })));
        Assert.Contains("No training pairs", Assert.Throws<BadModelException>(() => recipe.Run("e", new DpoStep(Dpo with { Context = 3 }))).Message, StringComparison.Ordinal);
        var both = Dpo with { HeldOut = "x" };
        Assert.Single(both.Validate(new ValidationContext(both)));
        var annealed = Dpo with { AnnealChosen = new() { From = 4 } };
        Assert.Contains("in a step train", Assert.Single(annealed.Validate(new ValidationContext(annealed))).ErrorMessage, StringComparison.Ordinal);
    }
}
