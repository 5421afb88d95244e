using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Compression;
using Moesaic.Methods.Compression.Allocation;
using Moesaic.Methods.Compression.Plans;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Calibration;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Tests.Compression;

public sealed class PruneStepTests : IDisposable
{
    readonly List<TextMixture> made = [];

    public void Dispose() => made.ForEach(m => m.Dispose());

    TextMixture Make(string router = "mixtral", int layers = 2)
    {
        var mixture = new TextMixture(TinyMixture.Routers[router], layers);
        made.Add(mixture);
        return mixture;
    }

    static StepReport Run(TextMixture mixture, PruneStepOptions options, string name, string input = "model")
    {
        options = options with { Context = 16, Calibration = options.Statistics is null && options.Plan is null ? mixture.Data : null };
        return new PruneStep(options).Run(mixture.Context(name, input));
    }

    static byte[] Weights(TextMixture mixture, string name) => File.ReadAllBytes(Path.Combine(mixture.Folder[name], "model.safetensors"));

    static double Figure(StepReport report, string key) => report.Figures.Single(f => f.Key == key).Value;

    [Theory]
    [InlineData("mixtral")]
    [InlineData("deepseek_v3")]
    public void With_all_experts_kept_it_is_the_same_file(string router)
    {
        var mixture = Make(router);
        Run(mixture, new PruneStepOptions { Ratio = 0 }, "all");
        Assert.Equal(Weights(mixture, "model"), Weights(mixture, "all"));
        Assert.Equal(File.ReadAllText(mixture.Folder["model/config.json"]), File.ReadAllText(mixture.Folder["all/config.json"]));
    }

    /// <summary>A plan serves other ratios than its own, while a model is read as while it is written.</summary>
    [Fact]
    public void A_plan_at_another_ratio_reads_what_pruning_by_it_writes()
    {
        var mixture = Make();
        Run(mixture, new PruneStepOptions { Ratio = 0.25 }, "quarter");
        Run(mixture, new PruneStepOptions { Ratio = 0.5, Plan = mixture.Folder["quarter"] }, "half");
        using var half = ModelFolder.Load(mixture.Folder["half"]);
        var variant = new ModelVariant { Plan = mixture.Folder[$"quarter/{PrunePlan.FileName}"], Ratio = 0.5 };
        using var read = variant.Load(mixture.Folder["model"], WeightStorage.Float32);
        Assert.Equal(half.Model.Parameters.Select(p => p.Name), read.Model.Parameters.Select(p => p.Name));
        Assert.All(half.Model.Parameters.Zip(read.Model.Parameters), p => Assert.Equal(p.First.Value.Span, p.Second.Value.Span));
        Assert.Throws<BadRequestException>(() => (variant with { Plan = null }).Selection());
        Assert.Throws<BadRequestException>(() => (variant with { Ratio = 1 }).Selection());
    }

    /// <summary>An expert that gives nothing is the first to go; with the router's rows in place nothing changes at all.</summary>
    [Theory]
    [InlineData(PruneMethod.Reap)]
    [InlineData(PruneMethod.ActivationNorm)]
    [InlineData(PruneMethod.GatedActivationNorm)]
    [InlineData(PruneMethod.MeanActivationNorm)]
    [InlineData(PruneMethod.MeanOutputNorm)]
    public void Experts_that_give_nothing_go_first(PruneMethod method)
    {
        var mixture = Make();
        using (var loaded = ModelFolder.Load(mixture.Folder["model"]))
        {
            foreach (var (layer, expert) in new[] { (0, 2), (0, 5), (1, 7), (1, 0) }) loaded.Model[$"model.layers.{layer}.mlp.experts.{expert}.down_proj.weight"].Span.Clear();
            ModelFolder.Save(loaded.Model, mixture.Folder["zero"], new SaveOptions { Type = TensorType.F32, SideFilesFrom = mixture.Folder["model"] });
        }
        var options = new PruneStepOptions { Ratio = 0.25, Method = method, HeldOut = mixture.Data };
        var kept = Run(mixture, options with { PreserveRouterRows = true }, "kept", "zero");
        Assert.Equal(Figure(kept, "held_out_loss_before"), Figure(kept, "held_out_loss"));
        Run(mixture, options, "cut", "zero");
        foreach (var name in new[] { "kept", "cut" })
        {
            var plan = PrunePlan.Load(mixture.Folder[name]);
            Assert.Equal([0, 1, 3, 4, 6, 7], plan.Decided.Layers[0].Experts!);
            Assert.Equal([1, 2, 3, 4, 5, 6], plan.Decided.Layers[1].Experts!);
        }
        using var cut = ModelFolder.Load(mixture.Folder["cut"]);
        Assert.All(cut.Model.Mixtures, m => Assert.Equal(6, m.Router.Spec.Experts));
        Assert.True(Figure(kept, "parameters") > Figure(kept, "parameters_before") * 0.5);
    }

    [Fact]
    public void A_plan_serves_every_ratio_and_statistics_every_method()
    {
        var mixture = Make();
        new RecipeRunner(new RecipeRun
        {
            Model = mixture.Folder["model"], Output = mixture.Folder["seen"], Seed = 3, RecipeText = "recipe",
            Steps = [new RecipeStep("calibrate", [], new CalibrateStep(new CalibrateStepOptions { Calibration = mixture.Data, Context = 16 }))],
        }, SilentProgress.Instance).Run();
        Run(mixture, new PruneStepOptions { Ratio = 0.25, Statistics = mixture.Folder["seen"] }, "quarter");
        Run(mixture, new PruneStepOptions { Ratio = 0.5, Statistics = mixture.Folder["seen"] }, "half");
        Run(mixture, new PruneStepOptions { Ratio = 0.5 }, "gathered");
        Run(mixture, new PruneStepOptions { Ratio = 0.5, Plan = mixture.Folder["quarter"] }, "planned");
        Assert.Equal(Weights(mixture, "half"), Weights(mixture, "gathered"));
        Assert.Equal(Weights(mixture, "half"), Weights(mixture, "planned"));
        Assert.NotEqual(Weights(mixture, "half"), Weights(mixture, "quarter"));
        PrunePlan plan = PrunePlan.Load(mixture.Folder["half"]), planned = PrunePlan.Load(mixture.Folder["planned"]);
        Assert.Equal(plan.Decided, planned.Decided);
        Assert.Equal(CalibrationStatistics.Load(mixture.Folder["seen"]).Fingerprint, plan.Statistics);
        Assert.Equal(CalibrationStatistics.Load(mixture.Folder["seen"]).Source.Model, plan.Model);

        // A pruned model remembers the old numbers; its statistics are not those of the whole.
        Run(mixture, new PruneStepOptions { Keep = 3 }, "again", "half");
        Assert.Equal(plan.ToJson(), PrunePlan.Load(mixture.Folder["again"]).Before!.ToJson());
        Assert.Contains("Calibrate this model", Assert.Throws<BadRequestException>(() =>
            Run(mixture, new PruneStepOptions { Ratio = 0.5, Statistics = mixture.Folder["seen"] }, "wrong", "half")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_calibrate_before_is_what_it_ranks_by()
    {
        var mixture = Make();
        var reports = new RecipeRunner(new RecipeRun
        {
            Model = mixture.Folder["model"], Output = mixture.Folder["out"], Seed = 3, RecipeText = "recipe",
            Steps =
            [
                new RecipeStep("calibrate", [], new CalibrateStep(new CalibrateStepOptions { Calibration = mixture.Data, Context = 16 })),
                new RecipeStep("prune", [], new PruneStep(new PruneStepOptions { Ratio = 0.5, Context = 16 })),
            ],
        }, SilentProgress.Instance).Run();
        Assert.Equal(CalibrationStatistics.Load(mixture.Folder["out"]).Fingerprint, PrunePlan.Load(mixture.Folder["out"]).Statistics);
        Assert.Contains("8 of 16 experts in 2 layers go", reports[1].Report.Summary, StringComparison.Ordinal);
        using var pruned = ModelFolder.Load(mixture.Folder["out"]);       // statistics beside it are no weights of it
        Assert.All(pruned.Model.Mixtures, m => Assert.Equal(4, m.Router.Spec.Experts));
    }

    [Theory]
    [InlineData("mixtral", PruneScope.Layer)]
    [InlineData("mixtral", PruneScope.Global)]
    [InlineData("four_groups", PruneScope.Layer)]
    [InlineData("four_groups", PruneScope.Global)]
    public void In_rounds_as_many_go_and_the_last_to_go_rank_best_of_them(string router, PruneScope scope)
    {
        var mixture = Make(router, layers: 3);
        var options = new PruneStepOptions { Ratio = 0.5, Scope = scope, Method = PruneMethod.ActivationNorm };
        Run(mixture, options with { Rounds = 2 }, "two");
        Run(mixture, options, "one");
        PrunePlan two = PrunePlan.Load(mixture.Folder["two"]), one = PrunePlan.Load(mixture.Folder["one"]);
        var experts = TinyMixture.Routers[router].Experts;
        Assert.Equal(3 * experts / 2, two.Decided.Layers.Sum(l => l.Experts!.Count));
        Assert.NotEqual(one.Layers.SelectMany(l => l.Scores), two.Layers.SelectMany(l => l.Scores));
        foreach (var (layer, decided) in two.Layers.Zip(two.Decided.Layers))
        {
            Assert.Equal(Enumerable.Range(0, experts), layer.Ranking.Order());
            Assert.Equal(decided.Experts!, layer.Best(decided.Experts!.Count));
        }
        if (scope == PruneScope.Global) return;
        // What goes first is what one round of half the ratio takes.
        foreach (var (layer, first) in two.Layers.Zip(one.Select(0.25).Layers)) Assert.Equal(first.Experts!, layer.Best(experts * 3 / 4));
        // Again from a plan: a ratio off the ranking is nested.
        Assert.Subset(two.Select(0.25).Layers[0].Experts!.ToHashSet(), two.Decided.Layers[0].Experts!.ToHashSet());
    }

    [Fact]
    public void Layers_that_compete_end_with_different_numbers_and_the_model_still_runs()
    {
        var mixture = Make(layers: 3);
        using (var loaded = ModelFolder.Load(mixture.Folder["model"]))
        {
            for (var e = 0; e < 8; e++)
                foreach (ref var w in loaded.Model[$"model.layers.1.mlp.experts.{e}.down_proj.weight"].Span) w *= 0.01f;
            ModelFolder.Save(loaded.Model, mixture.Folder["uneven"], new SaveOptions { Type = TensorType.F32, SideFilesFrom = mixture.Folder["model"] });
        }
        var options = new PruneStepOptions { Ratio = 0.4, Scope = PruneScope.Global, HeldOut = mixture.Data, Least = 3 };
        var report = Run(mixture, options, "out", "uneven");
        Run(mixture, options with { Normalise = ScoreNorm.LayerMean }, "normed", "uneven");
        using var pruned = ModelFolder.Load(mixture.Folder["out"]);
        int[] counts = [.. pruned.Model.Mixtures.Select(m => m.Router.Spec.Experts)];
        Assert.Equal(24 - 9, counts.Sum());
        Assert.Equal(3, counts[1]);      // its experts give least
        Assert.True(PrunePlan.Load(mixture.Folder["normed"]).Decided.Layers[1].Experts!.Count > 3);
        Assert.Equal("moesaic", pruned.Layout);
        Assert.True(double.IsFinite(Figure(report, "held_out_loss")));
    }

    [Fact]
    public void Experts_that_few_tokens_chose_are_kept_dropped_or_estimated()
    {
        var mixture = Make();
        var all = new CalibrationOptions { Rows = CalibratedRows.All };
        var limit = 0;
        PrunePlan Plan(FewTokens fallback, string name)
        {
            Run(mixture, new PruneStepOptions { Ratio = 0.25, Fallback = fallback, MinimumTokens = limit, Pass = all }, name);
            return PrunePlan.Load(mixture.Folder[name]);
        }
        var plain = Plan(FewTokens.Score, "plain");
        var stored = CalibrationStatistics.Load(mixture.Folder["plain.work"]);
        var routed = stored.Experts(0).Routed;
        limit = (int)routed.Order().ElementAt(2);
        int[] few = [.. Enumerable.Range(0, 8).Where(e => routed[e] < limit)];
        Assert.NotEmpty(few);
        Assert.All(few, e => Assert.Contains(e, Plan(FewTokens.Keep, $"keep{e}").Decided.Layers[0].Experts!));
        Assert.All(few, e => Assert.DoesNotContain(e, Plan(FewTokens.Drop, $"drop{e}").Decided.Layers[0].Experts!));
        var estimated = Plan(FewTokens.AllTokens, "all").Layers[0];
        Assert.All(Enumerable.Range(0, 8), e => Assert.Equal(!few.Contains(e), estimated.Scores[e] == plain.Layers[0].Scores[e]));
    }

    [Fact]
    public void What_cannot_be_is_refused_before_anything_is_measured()
    {
        var mixture = Make();
        var context = new PlanContext { Model = ModelOutline.Read(mixture.Folder["model"]), Seed = 1, Threads = 2 };
        StepPlan Plan(PruneStepOptions options) => new PruneStep(options with { Context = 16 }).Plan(context);
        void Refused(PruneStepOptions options, string reason) =>
            Assert.Contains(reason, Assert.Throws<BadRequestException>(() => Plan(options)).Message, StringComparison.Ordinal);
        var some = new PruneStepOptions { Ratio = 0.25, Calibration = mixture.Data };
        Refused(some with { Ratio = 0.9 }, "router needs 2");
        Refused(some with { Ratio = null, Keep = 1 }, "router needs 2");
        Refused(some with { Keep = 4 }, "said once");
        Refused(some with { Ratio = null }, "said once");
        Refused(some with { Calibration = null }, "name calibration text");
        Refused(some with { Calibration = null, Rounds = 2 }, "name the calibration text");
        Refused(some with { Least = 3 }, "take scope global");
        Refused(some with { Fallback = FewTokens.AllTokens }, "rows: all");
        Refused(some with { Fallback = FewTokens.AllTokens, Method = PruneMethod.Frequency }, "choose another fallback");
        Refused(some with { Statistics = mixture.Folder["nowhere"] }, "leave calibration out");
        Refused(some with { Statistics = mixture.Folder["nowhere"], Calibration = null }, "holds no statistics.json");
        Refused(some with { Scope = PruneScope.Global, Most = 1 }, "its router needs 2");
        Refused(some with { Scope = PruneScope.Global, Ratio = 0.9 }, "need all but 12 of 16");

        var plan = Plan(some);
        Assert.All((context with { Model = plan.Model! }).Shape().Routers, r => Assert.Equal(6, r.Router.Experts));
        Assert.Contains("4 of 16 experts in 2 layers go, by reap, in each layer", plan.Summary, StringComparison.Ordinal);
        Assert.Contains(plan.Notes, n => n.StartsWith("parameters: ", StringComparison.Ordinal));
        Assert.Contains(plan.Notes, n => n.Contains("hardly more than before", StringComparison.Ordinal));
        Assert.True(plan.OutputBytes > 0 && plan.PeakMemoryBytes > 0);
        Assert.Empty(Directory.GetDirectories(mixture.Folder.Path, "*.work"));
    }

    [Fact]
    public void Chance_needs_no_text_and_super_experts_stay()
    {
        var mixture = Make();
        new PruneStep(new PruneStepOptions { Ratio = 0.5, Method = PruneMethod.Random, Context = 16 }).Run(mixture.Context("random"));
        var plan = PrunePlan.Load(mixture.Folder["random"]);
        Assert.Equal("", plan.Statistics);

        using (var loaded = ModelFolder.Load(mixture.Folder["model"]))
        {
            // Huge, and seldom if ever chosen.
            foreach (ref var w in loaded.Model["model.layers.0.mlp.experts.3.down_proj.weight"].Span) w *= 300;
            ModelFolder.Save(loaded.Model, mixture.Folder["super"], new SaveOptions { Type = TensorType.F32, SideFilesFrom = mixture.Folder["model"] });
        }
        Run(mixture, new PruneStepOptions { Ratio = 0.75, Method = PruneMethod.Frequency, ProtectSuperExperts = true }, "guarded", "super");
        var guarded = PrunePlan.Load(mixture.Folder["guarded"]);
        Assert.Equal([3], guarded.Layers[0].Protected);
        Assert.Equal(3, guarded.Layers[0].Ranking[0]);
        Assert.Contains(3, guarded.Decided.Layers[0].Experts!);
    }
}
