using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Methods.Tests.Training;

/// <summary>Every form of experts learns, is stored and read, and generates what the trained model says.</summary>
public sealed class ExpertFormTrainingTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("moesaic-forms").FullName;

    public static TheoryData<string> Forms => [.. Specs.Keys];

    static readonly MixtureSpec Uneven = new(new RouterSpec { Experts = 4, Chosen = 2, Bias = true }, [16, 48, 64, 128]);
    static readonly RouterSpec TwoOfThree = new() { Experts = 3, Chosen = 2 };

    static readonly Dictionary<string, ModelSpec> Specs = new()
    {
        ["uneven, one idle"] = With(Uneven),
        ["uneven, no gate, one idle"] = With(Uneven with { Activation = Activation.SquaredRelu }),
        ["gelu, biased"] = With(Uneven with { Activation = Activation.Gelu, ExpertBias = true, SharedWidth = 8 }),
        ["relu, mixed"] = With(Uneven with { Activation = Activation.Relu, SharedGate = SharedGate.Mix, SharedWidth = 8 }),
        ["shared keys"] = With(Uneven, new AttentionSpec(6, 1, 8) { Experts = new(TwoOfThree, ExpertKeys.Shared, KeepFirst: false) }),
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void What_was_trained_is_read_again_and_generates_the_same(string form)
    {
        using var model = TinyRun.Model(Specs[form]);
        model["model.layers.1.mlp.gate.bias"].Span[2] = -1000;     // nobody chooses expert 2
        var before = Weights(model);
        using (var trainer = TinyRun.Trainer(model, TinyRun.Options with { Steps = 30, ExpertDropout = 0.1f }))
        {
            var steps = TinyRun.Finish(trainer);
            Assert.True(steps[^1].Loss < steps[0].Loss - 0.3, $"{steps[0].Loss} -> {steps[^1].Loss}");
            Assert.Equal(0, trainer.Routing[0].Slots[2]);
        }
        // The idle expert got no gradient but weight decay, which works along its own direction.
        foreach (var parameter in model.Parameters)
            if (!parameter.Name.Contains(".experts.2.", StringComparison.Ordinal) || parameter.Name.Contains("self_attn", StringComparison.Ordinal))
                Assert.True(!before[parameter.Name].AsSpan().SequenceEqual(parameter.Value.Span), parameter.Name);

        var tokens = Enumerable.Range(0, 40).Select(i => i * i % TinyRun.Vocabulary).ToArray();
        var wanted = Logits(model, PassInput.Sequence(tokens));
        ModelFolder.Save(model, folder, new SaveOptions { Type = TensorType.F32 });
        using var loaded = ModelFolder.Load(folder);
        Assert.Equal("moesaic", loaded.Layout);
        Assert.Equal(model.Spec.Layers, loaded.Model.Spec.Layers);
        Assert.Equal(TinyRun.Bits(model), TinyRun.Bits(loaded.Model));
        Assert.Equal(wanted, Logits(loaded.Model, PassInput.Sequence(tokens)));
        using var cache = new PagedCache(loaded.Model.Spec, pages: 2);
        for (var t = 0; t < tokens.Length; t++)
        {
            var row = Logits(loaded.Model, Decoded(tokens, t, cache));
            for (var v = 0; v < row.Length; v++) Assert.Equal(wanted[(t * TinyRun.Vocabulary) + v], row[v], 1e-4f);
        }
    }

    [Fact]
    public void What_is_dropped_does_not_depend_on_threads_passes_or_what_is_kept()
    {
        var options = TinyRun.Options with { Steps = 4, ExpertDropout = 0.4f, Seed = 9 };
        var threads = WorkerTeam.Threads;
        var (one, two) = (Run(options, 1), Run(options, 3));
        WorkerTeam.Threads = threads;
        Assert.Equal(one.Bits, two.Bits);
        Assert.Equal(one.Bits, Run(options with { Recompute = true }, threads).Bits);
        Assert.Equal(one.Loss, Run(options with { RowsPerPass = 6 }, threads).Loss, 1e-5);
        Assert.NotEqual(one.Loss, Run(options with { Seed = 10 }, threads).Loss, 1e-5);
        Assert.NotEqual(one.Loss, Run(options with { ExpertDropout = 0 }, threads).Loss, 1e-5);

        static (double Loss, int[] Bits) Run(TrainingOptions settings, int count)
        {
            WorkerTeam.Threads = count;
            using var model = TinyRun.Model();
            using var trainer = TinyRun.Trainer(model, settings);
            return (TinyRun.Finish(trainer)[0].Loss, TinyRun.Bits(model));
        }
    }

    [Fact]
    public void A_dropout_of_experts_that_are_not_there_is_refused()
    {
        var spec = TinyRun.Spec();
        using var dense = TinyRun.Model(spec with { Layers = [spec.Layers[0]] });
        Assert.Contains("expert_dropout", Assert.Throws<BadRequestException>(
            () => TinyRun.Trainer(dense, TinyRun.Options with { ExpertDropout = 0.1f })).Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    static ModelSpec With(MixtureSpec mixture, AttentionSpec? attention = null)
    {
        var plain = TinyRun.Spec();
        var heads = attention ?? plain.Layers[0].Attention;
        return plain with { Layers = [new(heads, new DenseSpec(24) { Activation = mixture.Activation }), new(heads, mixture)] };
    }

    static Dictionary<string, float[]> Weights(Model model) => model.Parameters.ToDictionary(p => p.Name, p => p.Value.Span.ToArray());

    static float[] Logits(Model model, PassInput input)
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        return model.Logits(workspace, model.Hidden(workspace, input)).Span.ToArray();
    }

    static PassInput Decoded(int[] tokens, int t, PagedCache cache) => new()
    {
        Tokens = tokens.AsMemory(t, 1), Positions = new[] { t }, Cache = cache, CacheRows = new[] { t }, PageTable = new[] { 0, 1 },
        Segments = new[] { new AttentionSegment(0, 1, 0, t + 1) },
    };
}
