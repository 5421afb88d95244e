using Moesaic.Formats;
using Moesaic.Methods.Compression.Materialise;
using Moesaic.Methods.Compression.Plans;
using Moesaic.Methods.Compression.Policies;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Construction;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Tests.Compression.Materialise;

public sealed class MaterialiseStepTests : IDisposable
{
    static readonly RouterSpec router = new() { Experts = 4, Chosen = 2 };

    static readonly MixtureSpec even = new(router, [8, 8, 8, 8]);

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static MixtureSpec With(RoutingPolicy policy, MixtureSpec? mixture = null) => (mixture ?? even) is var m ? m with { Router = m.Router with { Policy = policy } } : m;

    static MixtureSpec Absent(MixtureSpec mixture, params int[] experts) => mixture with { ExpertWidths = [.. mixture.ExpertWidths.Select((w, e) => experts.Contains(e) ? 0 : w)] };

    static MixtureSpec Sigmoid(int experts) => new(
        new RouterSpec { Experts = experts, Chosen = 2, Affinity = RouterAffinity.Sigmoid, SelectionBias = true, Groups = null }, [.. Enumerable.Repeat(8, experts)], 8);

    static MixtureSpec GptOss(int experts) => new(
        new RouterSpec { Experts = experts, Chosen = 2, Bias = true, Affinity = RouterAffinity.SoftmaxAfterSelection }, [.. Enumerable.Repeat(8, experts)])
    {
        ExpertBias = true, Clamp = SwiGluClamp.Published,
    };

    public static TheoryData<string, string, bool> Cases => new()
    {
        { "dense and none", "llama", true },
        { "mixtures and none", "mixtral", true },
        { "experts that are not there", "mixtral", true },
        { "fewer chosen", "mixtral", true },
        { "fewer of raw ones", "deepseek", true },
        { "masked", "mixtral", false },
        { "uneven sigmoids", "deepseek_v3", false },
    };

    static FeedForwardSpec[] Layers(string name) => name switch
    {
        "dense and none" => [new DenseSpec(12), new AbsentSpec()],
        "mixtures and none" => [even, new AbsentSpec(), even],
        "experts that are not there" => [Absent(even, 1), even, Absent(even, 0, 2, 3)],
        "fewer chosen" => [With(new() { Chosen = 1 }), With(new() { Chosen = 1, Renormalise = true })],
        "fewer of raw ones" => [With(new() { Chosen = 1 }, even with { Router = router with { Weight = CombineWeight.Raw } })],
        "masked" => [With(new() { Masked = [2] }), With(new() { Masked = [0] })],
        "uneven sigmoids" => [Sigmoid(5), Sigmoid(3), Sigmoid(4)],
        "uneven biases" => [GptOss(4), GptOss(3)],
        "uneven" => [even, new MixtureSpec(router with { Experts = 3 }, [8, 8, 8])],
        "ratios" => [With(new() { Ratios = [0.5f] })],
        "protection" => [With(new() { Chosen = 1, Protection = new TokenProtection(0.1f) })],
        "not raised" => [With(new() { Chosen = 1, Renormalise = false })],
        "raised over those there" => [Absent(With(new() { RenormaliseAbsent = true }), 1)],
        "map" => [even with { Router = router with { Map = new ProbabilityMap(4, 4, [1, 0, 0, 0.1f, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]) } }],
        "widths" => [new MixtureSpec(router, [8, 8, 8, 4])],
        _ => throw new ArgumentException(name, nameof(name)),
    };

    static ModelSpec Spec(FeedForwardSpec[] layers) => new()
    {
        VocabularySize = TinyModel.Vocabulary, Width = 16, MaxPositions = 64, NormEpsilon = 1e-5f, Rope = new RopeConfig(10_000), TiedEmbeddings = false,
        Layers = [.. layers.Select(l => new LayerSpec(layers[0] is MixtureSpec { Router.SelectionBias: true } ? new AttentionSpec(2, 2, 6) { Latent = new LatentSpec(0, 10, 2, 4) }
            : layers[0] is MixtureSpec { ExpertBias: true } ? new AttentionSpec(2, 1, 8, AttentionBias.All) { Sinks = true } : new AttentionSpec(2, 1, 8), l))],
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_standard_layout_computes_the_same(string name, string layout, bool exact)
    {
        using var model = Make(name);
        var report = Run(new MaterialiseStep(new MaterialiseStepOptions()), model);
        using var plain = ModelFolder.Load(folder["out"]);
        Assert.Equal(layout, plain.Layout);
        var tokens = TinyModel.Tokens(30);
        Assert.InRange(TinyModel.MaxDifference(TinyModel.Logits(model, tokens), TinyModel.Logits(plain.Model, tokens)), 0, exact ? 0 : 1e-5);
        Assert.InRange(report.Figures.Single(f => f.Key == "largest_logit_difference").Value, 0, exact ? 0 : 1e-5);
    }

    [Theory]
    [InlineData("uneven", "take their part of the probabilities")]
    [InlineData("ratios", "decides for each token")]
    [InlineData("protection", "decides for each token")]
    [InlineData("not raised", "otherwise than any standard layout")]
    [InlineData("raised over those there", "otherwise than any standard layout")]
    [InlineData("map", "maps probabilities after the softmax")]
    [InlineData("widths", "No standard layout")]
    public void What_no_standard_layout_computes_is_refused_by_name(string name, string message)
    {
        using var model = Make(name);
        Assert.Contains(message, Assert.Throws<BadRequestException>(() => Run(new MaterialiseStep(new MaterialiseStepOptions()), model)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Fact]
    public void A_bias_excludes_added_experts()
    {
        var plain = MaterialisedShape.Of(Spec(Layers("uneven biases")));
        Assert.All(plain.Shape.Layers, l => Assert.Equal(4, ((MixtureSpec)l.FeedForward).Router.Experts));
    }

    Model Make(string name)
    {
        var model = new Model(Spec(Layers(name)));
        ModelInitialiser.Randomise(model, 3, deviation: 0.3);
        foreach (var p in model.Parameters.Where(p => p.IsVector && p.Role != ParameterRole.Norms)) ModelInitialiser.FillNormal(p.Value.Span, new Random(5), 0.2);
        return model;
    }

    StepReport Run(IStep step, Model model)
    {
        ModelFolder.Save(model, folder["in"], new SaveOptions { Type = TensorType.F32 });
        Directory.CreateDirectory(folder["work"]);
        Assert.NotNull(step.Plan(new PlanContext { Model = ModelOutline.Read(folder["in"]), Seed = 1, Threads = 1 }).Model);
        return step.Run(new StepContext { InputFolder = folder["in"], OutputFolder = folder["out"], WorkFolder = folder["work"], Seed = 1, Progress = SilentProgress.Instance });
    }

    [Fact]
    public void A_policy_is_written_and_removed_again()
    {
        using var model = new Model(Spec([even, new DenseSpec(12), even]));
        ModelInitialiser.Randomise(model, 3, deviation: 0.3);
        var report = Run(new PolicyStep(new PolicyStepOptions { Keep = 1, Layers = [2] }), model);
        Assert.Equal(1, report.Figures[0].Value);
        using (var written = ModelFolder.Load(folder["out"]))
        {
            Assert.Equal("moesaic", written.Layout);
            Assert.Null(((MixtureSpec)written.Model.Spec.Layers[0].FeedForward).Router.Policy);
            Assert.Equal(new RoutingPolicy { Chosen = 1 }, ((MixtureSpec)written.Model.Spec.Layers[2].FeedForward).Router.Policy);
            var tokens = TinyModel.Tokens(30);
            // At run time the same.
            using var asked = new ModelVariant { Policy = PolicyFile() }.Load(folder["in"], WeightStorage.Float32);
            Assert.Equal(TinyModel.Logits(written.Model, tokens), TinyModel.Logits(asked.Model, tokens));
            Assert.NotEqual(TinyModel.Logits(model, tokens), TinyModel.Logits(written.Model, tokens));
        }
        Directory.Move(folder["out"], folder["skipping"]);
        new PolicyStep(new PolicyStepOptions { Policy = "none" }).Run(new StepContext
        {
            InputFolder = folder["skipping"], OutputFolder = folder["out"], WorkFolder = folder["work"], Seed = 1, Progress = SilentProgress.Instance,
        });
        Assert.Equal(File.ReadAllBytes(Path.Combine(folder["in"], "model.safetensors")), File.ReadAllBytes(Path.Combine(folder["out"], "model.safetensors")));
        Assert.Equal(File.ReadAllText(Path.Combine(folder["in"], "config.json")), File.ReadAllText(Path.Combine(folder["out"], "config.json")));

        string PolicyFile()
        {
            File.WriteAllText(folder["policy.json"], """{"layers": {"2": {"chosen": 1}}}""");
            return folder["policy.json"];
        }
    }

    /// <summary>In a layout that no other has too: routers with fewer choices, that decide as the policy does.</summary>
    [Fact]
    public void A_smaller_number_becomes_the_routers_own()
    {
        using var model = Make("uneven");
        Run(new PolicyStep(new PolicyStepOptions { Keep = 1, Layers = [1], Permanent = true }), model);
        using var written = ModelFolder.Load(folder["out"]);
        Assert.Equal("moesaic", written.Layout);
        Assert.Equal([2, 1], written.Model.Mixtures.Select(m => m.Router.Spec.Chosen));
        Assert.All(written.Model.Mixtures, m => Assert.Null(m.Router.Spec.Policy));
        File.WriteAllText(folder["policy.json"], """{"layers": {"1": {"chosen": 1}}}""");
        using var asked = new ModelVariant { Policy = folder["policy.json"] }.Load(folder["in"], WeightStorage.Float32);
        var tokens = TinyModel.Tokens(30);
        Assert.Equal(TinyModel.Logits(asked.Model, tokens), TinyModel.Logits(written.Model, tokens));
    }

    [Fact]
    public void Options_that_contradict_one_another_are_refused()
    {
        var spec = Spec([even, new DenseSpec(12)]);
        foreach (var (options, message) in new (PolicyStepOptions, string)[]
        {
            (new() { Policy = "none", Keep = 1 }, "leave the other keys out"), (new() { Keep = 1, Layers = [1] }, "layer 1 has no experts"), (new() { Keep = 3 }, "leaves 1 to that many"),
            (new() { Permanent = true, Share = 0.5 }, "say it by keep"), (new() { Permanent = true, Keep = 1, Share = 0.5 }, "for keep alone"),
            (new() { Statistics = "seen", Keep = 1 }, "add from: statistics"),
        })
            Assert.Contains(message, Assert.Throws<BadRequestException>(() => PolicyStep.Policies(options, spec).ApplyTo(spec)).Message, StringComparison.Ordinal);
        Assert.Contains("no layer with experts", Assert.Throws<BadRequestException>(() => { PolicyStep.Policies(new PolicyStepOptions { Keep = 1 }, Spec([new DenseSpec(12)])); }).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Fewer_experts_are_added_to_the_policy_that_there_is()
    {
        var spec = Spec([With(new() { Ratios = [0.25f] })]);
        var shape = new ModelVariant { Chosen = 1 }.Shape(spec);
        Assert.Equal(new RoutingPolicy { Ratios = [0.25f], Chosen = 1 }, ((MixtureSpec)shape.Layers[0].FeedForward).Router.Policy);
        Assert.Null(((MixtureSpec)new ModelVariant { Policy = "none" }.Shape(spec).Layers[0].FeedForward).Router.Policy);
    }

    [Fact]
    public void A_plan_is_read_from_a_file()
    {
        using var model = new Model(Spec([even, even]));
        ModelInitialiser.Randomise(model, 3, deviation: 0.3);
        ModelFolder.Save(model, folder["in"], new SaveOptions { Type = TensorType.F32 });
        ExpertSelection selection = new([new(0) { Experts = [3, 1] }, new(1) { DropsFeedForward = true }]);
        File.WriteAllText(folder["plan.json"], ExpertSelectionJson.Write(selection).ToJsonString());
        Assert.Equal(selection, new ModelVariant { Plan = folder["plan.json"] }.Selection());
        using var part = new ModelVariant { Plan = folder["plan.json"], Chosen = 1 }.Load(folder["in"], WeightStorage.Stored);
        Assert.Equal(2, ((MixtureSpec)part.Model.Spec.Layers[0].FeedForward).Router.Experts);
        Assert.IsType<AbsentSpec>(part.Model.Spec.Layers[1].FeedForward);
        File.WriteAllText(folder["plan.json"], """{"layers": [{"layer": 0, "expert": [1]}]}""");
        Assert.Contains("expert", Assert.Throws<BadRequestException>(() => new ModelVariant { Plan = folder["plan.json"] }.Selection()).Message, StringComparison.Ordinal);
    }
}
