using System.Text.Json;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Compression;
using Moesaic.Methods.Compression.Allocation;
using Moesaic.Methods.Compression.Plans;
using Moesaic.Methods.Compression.Policies;
using Moesaic.Methods.Compression.Search;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Calibration;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Tests.Compression;

public sealed class SearchPrunerTests : IDisposable
{
    readonly TextMixture mixture = new(layers: 3);

    public void Dispose() => mixture.Dispose();

    PruneStepOptions Options(PruneMethod method) => new()
    {
        Method = method, Ratio = 0.25, Context = 16, Calibration = mixture.Data, HeldOut = mixture.Data,
    };

    StepReport Run(PruneStepOptions options, string name) => new PruneStep(options).Run(mixture.Context(name));

    static double Figure(StepReport report, string key) => report.Figures.Single(f => f.Key == key).Value;

    [Theory]
    [InlineData(PruneMethod.Naee)]
    [InlineData(PruneMethod.NaeeProgressive)]
    [InlineData(PruneMethod.MoeI2)]
    [InlineData(PruneMethod.Eep)]
    public void A_search_prunes_and_its_plan_serves_other_ratios(PruneMethod method)
    {
        var options = Options(method);
        if (method == PruneMethod.Eep) options = options with { Eep = new EepOptions { Pruning = 12, Initial = 6, Tokens = 64, Retested = 3 } };
        if (method == PruneMethod.MoeI2) options = options with { Search = new SearchOptions { Population = 8, Generations = 4 } };
        var report = Run(options, "pruned");
        var plan = PrunePlan.Load(mixture.Folder["pruned"]);
        Assert.All(plan.Decided.Layers, l => Assert.Equal(6, l.Experts!.Count));
        Assert.All(plan.Layers, l => Assert.Equal(plan.Decided.Layers[l.Layer].Experts!, l.Ranking.Take(6).Order()));
        Assert.All(plan.Select(0.5).Layers, l => Assert.Equal(4, l.Experts!.Count));
        Assert.True(double.IsFinite(Figure(report, "held_out_loss")));
        // Of a search, another ratio is the next best of the ranking.
        Assert.Empty(plan.Select(0.5).Layers[1].Experts!.Except(plan.Decided.Layers[1].Experts!));
    }

    [Fact]
    public void Layers_lose_by_importance_and_their_sum_is_the_ratio()
    {
        var options = Options(PruneMethod.MoeI2) with { Scope = PruneScope.Global, Ratio = 0.4, Search = new SearchOptions { Population = 8, Generations = 3, Tokens = 50 } };
        Run(options, "global");
        var plan = PrunePlan.Load(mixture.Folder["global"]);
        Assert.Equal(24 - 9, plan.Decided.Layers.Sum(l => l.Experts!.Count));
        var layers = plan.Layers.Select(l => (Importance: l.Scores.Sum(), Kept: plan.Decided.Layers[l.Layer].Experts!.Count)).OrderBy(l => l.Importance).ToArray();
        Assert.Equal(layers.Select(l => l.Kept).Order(), layers.Select(l => l.Kept));
        using var read = ModelFolder.Load(mixture.Folder["global"]);
        Assert.Equal(15, read.Model.Mixtures.Sum(m => m.Router.Spec.Experts));
    }

    [Fact]
    public void A_seed_decides_whatever_the_number_of_threads()
    {
        var options = Options(PruneMethod.MoeI2) with { Search = new SearchOptions { Population = 8, Generations = 3 } };
        var threads = WorkerTeam.Threads;
        try
        {
            WorkerTeam.Threads = 1;
            Run(options, "one");
            WorkerTeam.Threads = 3;
            Run(options, "three");
        }
        finally
        {
            WorkerTeam.Threads = threads;
        }
        Assert.Equal(File.ReadAllText(mixture.Folder["one/prune_plan.json"]), File.ReadAllText(mixture.Folder["three/prune_plan.json"]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_a_search_cannot_do_is_refused_before_text_is_read(bool global)
    {
        var options = global ? Options(PruneMethod.Naee) with { Scope = PruneScope.Global } : Options(PruneMethod.Naee) with { Search = new SearchOptions { Limit = 5 } };
        var thrown = Assert.Throws<BadRequestException>(() => Run(options with { Calibration = new() { Path = "/nowhere" }, HeldOut = null }, "x"));
        Assert.Contains("moe_i2", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evolution_writes_merged_experts_that_compute_what_was_measured()
    {
        var options = new EvolveStepOptions
        {
            Keep = 4, Calibration = mixture.Data, HeldOut = mixture.Data, Context = 16, Type = TensorType.F32,
            Eep = new EepOptions { Initial = 4, Pruning = 6, Merging = 25, Tokens = 4096, Retested = 0, Layers = ["0", "1-2"], GroupChange = 1 },
        };
        var context = mixture.Context("evolved");
        var report = new EvolveStep(options).Run(context);
        using var maps = JsonDocument.Parse(File.ReadAllText(mixture.Folder["evolved/expert_maps.json"]));
        Assert.Equal(3, maps.RootElement.GetArrayLength());
        using var read = ModelFolder.Load(mixture.Folder["evolved"]);
        Assert.All(read.Model.Mixtures, m => Assert.Equal(4, m.Router.Spec.Experts));
        Assert.Equal(31, File.ReadAllLines(Path.Combine(context.WorkFolder, "eep.txt")).Length);
        Assert.True(double.IsFinite(Figure(report, "held_out_loss")));
        Assert.True(Figure(report, "read_back_difference") < 1e-4);
        Assert.Equal(maps.RootElement.EnumerateArray().Any(m => m.TryGetProperty("chosen", out var c) && c.ValueKind == JsonValueKind.Null),
            read.Model.Mixtures.Any(m => m.Router.Spec.Map is not null));
    }

    [Fact]
    public void Half_of_the_tokens_would_skip_their_second_expert()
    {
        using var layers = ModelLayers.Open(mixture.Folder["model"]);
        using var source = StoredLayers.Open(mixture.Folder["model"]);
        var notes = new List<string>();
        var statistics = CalibrateStep.Gather(source, new CalibrationOptions(), mixture.Data with { Tokens = 1 << 16 }, 16, mixture.Context("statistics"), notes);
        var policies = NaeeSkipping.Policies(source.Spec, statistics);
        Assert.Equal(source.Spec.MixtureLayers, policies.Layers.Keys.Order());
        policies.ApplyTo(source.Spec);
        foreach (var (layer, policy) in policies.Layers)
        {
            Assert.Equal(((MixtureSpec)source.Spec.Layers[layer].FeedForward).Router.Chosen - 1, policy.Ratios.Count);
            Assert.InRange(policy.Ratios[0], 0.01f, 0.99f);
            Assert.True(policy.Ratios[0] > NaeeSkipping.Policies(source.Spec, statistics, 0.1).Layers[layer].Ratios[0]);
        }
        Assert.Throws<BadRequestException>(() => NaeeSkipping.Policies(source.Spec, statistics, 2));
    }

    /// <summary>The step writes the ratios of the statistics it is given, and refuses those of another model.</summary>
    [Fact]
    public void A_policy_takes_its_ratios_from_statistics()
    {
        var seen = new RecipeRunner(new RecipeRun
        {
            Model = mixture.Folder["model"], Output = mixture.Folder["skipping"], Seed = 3, RecipeText = "recipe",
            Steps =
            [
                new RecipeStep("calibrate", [], new CalibrateStep(new CalibrateStepOptions { Calibration = mixture.Data, Context = 16 })),
                new RecipeStep("policy", [], new PolicyStep(new PolicyStepOptions { From = PolicySource.Statistics, Share = 0.95, Layers = [0, 2] })),
            ],
        }, SilentProgress.Instance).Run();
        Assert.Equal(2, Figure(seen[1].Report, "layers_with_policy"));
        var spec = ModelFolder.ReadSpec(mixture.Folder["skipping"]);
        var wanted = NaeeSkipping.Policies(spec, CalibrationStatistics.Load(mixture.Folder["skipping"]));
        Assert.Equal(wanted.Layers[2] with { Share = 0.95f }, Router(spec, 2).Policy);
        Assert.Null(Router(spec, 1).Policy);

        // By name, and of a fifth of the tokens.
        StepReport Run(PolicyStepOptions options, string name, string input)
        {
            var context = mixture.Context(name, input);
            var step = new PolicyStep(options with { From = PolicySource.Statistics, Statistics = mixture.Folder["skipping"] });
            step.Plan(new PlanContext { Model = ModelOutline.Read(mixture.Folder[input]), Seed = 1, Threads = 1 });
            return step.Run(context);
        }

        Run(new PolicyStepOptions { Part = 0.2 }, "fifth", "model");
        Assert.True(Router(ModelFolder.ReadSpec(mixture.Folder["fifth"]), 0).Policy!.Ratios[0] < wanted.Layers[0].Ratios[0]);
        new PruneStep(new PruneStepOptions { Ratio = 0, Method = PruneMethod.Random, Type = TensorType.BF16 }).Run(mixture.Context("rounded"));
        Assert.Contains("other weights", Assert.Throws<BadRequestException>(() => Run(new PolicyStepOptions(), "x", "rounded")).Message, StringComparison.Ordinal);
        Assert.Contains("leave one out", Assert.Throws<BadRequestException>(() => Run(new PolicyStepOptions { Ratios = [0.5] }, "x", "model")).Message, StringComparison.Ordinal);
    }

    static RouterSpec Router(ModelSpec spec, int layer) => ((MixtureSpec)spec.Layers[layer].FeedForward).Router;
}
