using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Methods.Data;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Tests.Evaluation;

public sealed class EvaluateStepTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    EvaluateStepOptions Options => new() { Data = new DataOptions { Path = folder.Text } };

    PlanContext PlanContext => new() { Model = ModelOutline.Read(folder.Model), Seed = 1, Threads = 2 };

    [Fact]
    public void Reports_quality_size_speed_and_routing()
    {
        var report = new EvaluateStep(Options with { SpeedRepeats = 1 }).Run(folder.StepContext(folder.Model));
        var figures = report.Figures.ToDictionary(f => f.Key, f => f.Value);

        using var loaded = ModelFolder.Load(folder.Model);
        var tokenizer = ModelTokenizer.Load(folder.Model, loaded.Model.Spec);
        var data = Perplexity.Read(Options.Data, tokenizer, TinyFolder.Context, TinyFolder.Context, 1, []);
        var expected = Perplexity.Measure(loaded.Model, data);
        Assert.Equal(expected.Loss, figures["loss"], 1e-6);
        Assert.Equal(Math.Exp(expected.Loss), figures["perplexity"], 1e-3);
        Assert.Equal(expected.Tokens, figures["tokens"]);
        Assert.True(figures["active_parameters"] < figures["parameters"]);
        Assert.Equal(loaded.WeightBytes, figures["weight_bytes"]);
        Assert.True(figures["prefill_speed"] > 0 && figures["decode_speed"] > 0);
        Assert.Equal(["0", "1"], report.Tables.Single().Rows.Select(r => r[0]));
        Assert.Contains(report.Notes, n => n.Contains($"windows of {TinyFolder.Context} that start every {TinyFolder.Context}", StringComparison.Ordinal));
    }

    [Fact]
    public void A_shorter_stride_counts_the_same_tokens_with_more_to_look_back_on()
    {
        double Figure(string key, EvaluateStepOptions options) =>
            new EvaluateStep(options with { SpeedRepeats = 0 }).Run(folder.StepContext(folder.Model)).Figures.Single(f => f.Key == key).Value;
        var far = Options with { Context = 16 };
        var near = Options with { Context = 16, Stride = 4 };
        Assert.Equal(Figure("tokens", far), Figure("tokens", near));
        Assert.NotEqual(Figure("loss", far), Figure("loss", near));
    }

    [Fact]
    public void Speed_can_be_left_out()
    {
        var report = new EvaluateStep(Options with { SpeedRepeats = 0 }).Run(folder.StepContext(folder.Model));
        Assert.DoesNotContain(report.Figures, f => f.Key.EndsWith("_speed", StringComparison.Ordinal));
    }

    [Fact]
    public void Routers_that_look_ahead_are_measured_only_when_asked_for_and_the_report_says_so()
    {
        var path = folder["choice"];
        using (var loaded = ModelFolder.Load(folder.Model))
        using (var choice = new Model(loaded.Model.Spec with
        {
            Layers = [.. loaded.Model.Spec.Layers.Select(l => l.FeedForward is MixtureSpec m ? l with
            {
                FeedForward = m with { Router = m.Router with { Weight = CombineWeight.Raw, Selection = new(SelectionKind.ExpertChoice) } },
            } : l)],
        }))
        {
            ModelInitialiser.Randomise(choice, 1, 0.2);
            ModelFolder.Save(choice, path, new SaveOptions());
        }
        foreach (var file in Directory.GetFiles(folder.Model, "tokenizer*")) File.Copy(file, Path.Combine(path, Path.GetFileName(file)));
        var refused = Assert.Throws<BadRequestException>(() => new EvaluateStep(Options).Plan(new() { Model = ModelOutline.Read(path), Seed = 1, Threads = 2 }));
        Assert.Contains("allow_non_causal", refused.Message, StringComparison.Ordinal);
        Assert.Throws<BadRequestException>(() => new EvaluateStep(Options).Run(folder.StepContext(path)));
        var report = new EvaluateStep(Options with { AllowNonCausal = true }).Run(folder.StepContext(path));
        Assert.Contains(report.Notes, n => n.StartsWith("not causal", StringComparison.Ordinal));
        Assert.Contains(report.Notes, n => n.StartsWith("no speed", StringComparison.Ordinal));
        Assert.True(double.IsFinite(report.Figures.Single(f => f.Key == "loss").Value));
    }

    [Fact]
    public void The_plan_reads_no_weights_and_refuses_what_does_not_fit()
    {
        var plan = new EvaluateStep(Options with { Context = 32, Stride = 8 }).Plan(PlanContext);
        Assert.Contains("windows of 32 every 8", plan.Summary, StringComparison.Ordinal);
        Assert.Equal(folder.Text, Assert.Single(plan.Inputs).Path);
        Assert.Contains("longer than the model's 64", Refused(Options with { Context = 65 }), StringComparison.Ordinal);
        Assert.Contains("stride of 33", Refused(Options with { Context = 32, Stride = 33 }), StringComparison.Ordinal);
        Assert.Throws<BadModelException>(() => new EvaluateStep(Options with { Data = new DataOptions { Path = folder["no.txt"] } }).Plan(PlanContext));

        string Refused(EvaluateStepOptions options) => Assert.Throws<BadRequestException>(() => new EvaluateStep(options).Plan(PlanContext)).Message;
    }
}
