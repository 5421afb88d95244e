using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Methods.Compression;
using Moesaic.Methods.Compression.Policies;
using Moesaic.Methods.Data;
using Moesaic.Methods.Distillation;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Calibration;
using Moesaic.Methods.Training;
using Moesaic.Methods.Training.Balance;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Tests.Compression;

/// <summary>What training gives back of what pruning took.</summary>
public sealed class RecoveryTests : IDisposable
{
    readonly TextMixture mixture = new();

    public void Dispose() => mixture.Dispose();

    TrainStepOptions Training => new()
    {
        Data = [new DomainOptions { Path = mixture.Data.Path }], HeldOut = mixture.Data, Tokens = 60 * 4 * 16, Context = 16, Batch = 4, RowsPerPass = 4,
        LearningRate = 0.02, Type = TensorType.F32, LoadBalance = 0, ZLoss = 0,
    };

    StepReport Run(string model, string output, params (string Verb, IStep Step)[] steps) => new RecipeRunner(new RecipeRun
    {
        Model = mixture.Folder[model], Output = mixture.Folder[output], Seed = 3, RecipeText = "recipe", Steps = [.. steps.Select(s => new RecipeStep(s.Verb, new JsonObject(), s.Step))],
    }, SilentProgress.Instance).Run()[^1].Report;

    /// <summary>The parent has other experts than the child and teaches it all the same; nothing but routers learns.</summary>
    [Theory]
    [InlineData(PruneMethod.Random)]
    [InlineData(PruneMethod.LayerDrop)]
    public void Routers_alone_learn_from_the_whole_model(PruneMethod method)
    {
        var prune = method == PruneMethod.LayerDrop ? new PruneStepOptions { Method = method, Count = 1, Calibration = mixture.Data, Context = 16 }
            : new PruneStepOptions { Method = method, Ratio = 0.5, Context = 16 };
        Run("model", "pruned", ("prune", new PruneStep(prune)));
        var report = Run("pruned", "recovered", ("train", new TrainStep(Training with
        {
            Roles = [ParameterRole.Router], Distil = new DistilOptions { Teacher = mixture.Folder["model"], Weight = 1 },
        })));
        var figures = report.Figures.ToDictionary(f => f.Key, f => f.Value);
        Assert.True(figures["divergence_last"] < 0.97 * figures["divergence_first"], $"{figures["divergence_first"]} to {figures["divergence_last"]}");

        using LoadedModel before = ModelFolder.Load(mixture.Folder["pruned"]), after = ModelFolder.Load(mixture.Folder["recovered"]);
        Assert.Equal(before.Model.Spec.Layers, after.Model.Spec.Layers);
        foreach (var parameter in before.Model.Parameters)
        {
            var same = parameter.Value.Span.SequenceEqual(after.Model[parameter.Name].Span);
            Assert.Equal(parameter.Role != ParameterRole.Router, same);
        }
    }

    /// <summary>SEER-MoE's second stage: fewer experts a token, in the end, and tokens that are certain of them.</summary>
    [Fact]
    public void Tokens_learn_to_do_with_fewer_experts()
    {
        var fewer = (Verb: "policy", Step: (IStep)new PolicyStep(new PolicyStepOptions { Keep = 2, Permanent = true }));
        (string, IStep) Train(double entropy) => ("train", new TrainStep(Training with
        {
            AnnealChosen = new AnnealOptions { From = 4 }, Balance = new BalanceOptions { GatingEntropy = entropy },
        }));
        MakeFourOfEight();
        Run("four", "two", fewer);
        Run("four", "free", fewer, Train(0));
        Run("four", "certain", fewer, Train(0.3));
        using (var loaded = ModelFolder.Load(mixture.Folder["certain"]))
            Assert.All(loaded.Model.Mixtures, m => Assert.Equal((2, null), (m.Router.Spec.Chosen, m.Router.Spec.Policy)));
        Assert.True(Measure("free", "loss") < Measure("two", "loss"));
        Assert.True(Measure("certain", "router_entropy") < 0.8 * Measure("free", "router_entropy"));
        Assert.Equal(2, Measure("certain", "experts_per_token"));
    }

    /// <summary>Of a layout that others know, which has a place for the number of experts.</summary>
    void MakeFourOfEight()
    {
        using var loaded = ModelFolder.Load(mixture.Folder["model"]);
        using var model = new Model(loaded.Model.Spec with
        {
            Layers = [.. loaded.Model.Spec.Layers.Select(l => l with { FeedForward = new MixtureSpec(new RouterSpec { Experts = 8, Chosen = 4 }, [.. Enumerable.Repeat(12, 8)]) })],
        });
        ModelInitialiser.Randomise(model, 4, 0.3);
        ModelFolder.Save(model, mixture.Folder["four"], new SaveOptions { Type = TensorType.F32, SideFilesFrom = mixture.Folder["model"] });
    }

    double Measure(string name, string figure) => new EvaluateStep(new EvaluateStepOptions { Data = mixture.Data, Context = 16, SpeedRepeats = 0 })
        .Run(mixture.Context("out", name)).Figures.Single(f => f.Key == figure).Value;
}
