using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models.Architectures;
using Moesaic.Models.Gguf;
using Moesaic.Models.Loading;
using Moesaic.Models.Tests.Architectures;

namespace Moesaic.Models.Tests.Gguf;

/// <summary>A model written as GGUF and read again computes what it computed; what GGUF cannot carry is refused.</summary>
public sealed class GgufRoundTripTests : IDisposable
{
    static readonly Dictionary<string, string> Refused = new()
    {
        ["scored by a neuron"] = "by a neuron each",
        ["weights of one"] = "have weight 1",
        ["noise"] = "noise of its training",
        ["scored by two layers"] = "scores experts by two layers",
        ["scored by two layers, shared"] = "scores experts by two layers",
        ["dense, uneven"] = "its layers differ",
        ["heads, uneven"] = "its layers differ",
        ["one expert, raw"] = "not renormalised",
        ["raw, scaled"] = "not renormalised",
        ["shared"] = "it has shared experts",
        ["dense first"] = "weights are renormalised",
        ["dense last"] = "its layers differ",
        ["attention experts"] = "its attention is made of experts",
        ["shared keys"] = "its attention is made of experts",
        ["dense, relu"] = "its feed-forwards have no gate (relu)",
        ["gelu"] = "its feed-forwards have no gate (gelu_tanh)",
        ["squared relu, shared, uneven"] = "its feed-forwards have no gate (squared_relu)",
        ["shared mixed"] = "weighed against each other",
        ["routed keys"] = "its attention is made of experts",
        ["uneven experts"] = "different widths",
        ["layers of different k"] = "its layers differ",
        ["layers of different e"] = "its layers differ",
        ["odd shared width"] = "it has shared experts",
        ["one expert, renormalised, shared"] = "it has shared experts",
        ["heads normed, stretched"] = "a factor of its own",
        ["heads normed, mixture"] = "its layers differ",
        ["heads normed, raw"] = "its combine weights are not renormalised",
        ["heads normed, shared"] = "it has shared experts",
        ["heads normed, uneven experts"] = "different widths",
        ["all normed"] = "its query heads share key heads",
        ["all normed, wide heads"] = "its query heads share key heads",
        ["all normed, dense first"] = "its layers differ",
        ["shared gate"] = "its layers differ",
        ["shared gate, no biases"] = "not as wide as the model",
        ["latent"] = "another epsilon",
        ["latent, groups"] = "another epsilon",
        ["latent, stretched"] = "another epsilon",
        ["latent, other factor"] = "another epsilon",
        ["latent, dense"] = "no routed experts",
        ["sigmoid"] = "another epsilon",
        ["sigmoid, raw, no groups"] = "another epsilon",
        ["sigmoid, halves"] = "pairs are halves",
        ["sigmoid, plain attention"] = "through no latent",
        ["sigmoid, no shared"] = "another epsilon",
        ["window"] = "a sliding window",
        ["window, mixture"] = "a sliding window",
        ["window, latent"] = "another epsilon",
        ["sinks, limit of 2, scaled"] = "elsewhere than at 7",
        ["sinks, dense"] = "not among its keys",
        ["router biased"] = "not among its keys",
        ["experts biased, uneven"] = "different widths",
        ["experts cut off"] = "it has shared experts",
        ["sinks, two windows in a row"] = "not those of every second layer",
        ["latent, compared by the best"] = "compared by their best",
        ["latent, direct queries"] = "26 or 27 layers alone",
        ["latent, uneven factor"] = "a factor on the rotary part alone",
    };

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Carried => [.. LayoutChoiceTests.Shapes.Keys.Concat(More.Keys).Except(Refused.Keys)];

    public static TheoryData<string, string> NotCarried => new(Refused.Select(r => (r.Key, r.Value)));

    static readonly RopeConfig Yarn = new(10_000, RopeScaling.Yarn, 4, OriginalContext: 16) { BetaFast = 8 };
    static readonly RopeConfig DeepSeekYarn = Yarn with { MScale = 0.707, MScaleAllDim = 0.707 };
    static readonly MixtureSpec RawShared = TinySpec.Mixture(weight: CombineWeight.Raw, shared: 24, scale: 2);
    static readonly MixtureSpec RawGated = TinySpec.Mixture(weight: CombineWeight.Raw, shared: 10) with { SharedGate = SharedGate.Sigmoid };

    static ModelSpec Latent(ModelSpec spec, AttentionSpec attention) => spec.With(attention) with { NormEpsilon = 1e-6f };

    static readonly Dictionary<string, ModelSpec> More = new()
    {
        ["keys biased, narrow"] = TinySpec.Of(TinySpec.Dense()).With(new(4, 2, 4, AttentionBias.QueryKeyValue)),
        ["heads normed, yarn"] = TinySpec.Of(TinySpec.Dense()).With(TinySpec.Attention with { Norm = HeadNorm.Head }) with { Rope = Yarn, TiedEmbeddings = true },
        ["heads normed, every layer a mixture"] = TinySpec.Of(TinySpec.Mixture(scale: 2), TinySpec.Mixture(scale: 2)).With(TinySpec.Attention with { Norm = HeadNorm.Head }),
        ["all normed, own keys"] = TinySpec.Of(TinySpec.Mixture(weight: CombineWeight.Raw)).With(new(4, 4, 4) { Norm = HeadNorm.Projection }),
        ["shared gate, narrow"] = TinySpec.Of(RawGated, RawGated).With(new(4, 2, 4, AttentionBias.QueryKeyValue)),
        ["shared gate, narrow, no biases"] = TinySpec.Of(RawGated).With(new(4, 2, 4)),
        ["sinks, scaled"] = TinySpec.GptOss(layers: 3) is var sinks ? sinks with
        {
            Layers = [.. sinks.Layers.Select(l => l.FeedForward is MixtureSpec m ? l with { FeedForward = m with { Router = m.Router with { Scale = 2 } } } : l)],
        } : sinks,
        ["sinks, two windows in a row"] = TinySpec.GptOss() is var two ? two with { Layers = [two.Layers[0], two.Layers[0]] } : two,
        ["latent, raw"] = Latent(TinySpec.Of(TinySpec.Dense(), RawShared), TinySpec.Latent(8)),
        ["latent, yarn"] = Latent(TinySpec.Of(RawShared), TinySpec.Latent(8, scoreFactor: (float)Math.Pow(DeepSeekYarn.Stretch(0.707), 2))) with { Rope = DeepSeekYarn },
        ["latent, sigmoid"] = Latent(TinySpec.Of(TinySpec.Dense(), TinySpec.SigmoidMixture()), TinySpec.Latent(8, valueDim: 8)),
        ["latent, sigmoid, raw"] = Latent(TinySpec.Of(TinySpec.SigmoidMixture(weight: CombineWeight.Raw, groups: false)), TinySpec.Latent(8)),
        ["latent, direct queries"] = Latent(TinySpec.Of(RawShared), TinySpec.Latent()),
        ["latent, direct queries, many layers"] = Latent(TinySpec.Of([.. Enumerable.Repeat(RawShared, 27)]), TinySpec.Latent()),
        ["latent, compared by the best"] = Latent(LayoutChoiceTests.Shapes["latent, groups"].Spec, TinySpec.Latent(8)),
        ["latent, uneven factor"] = Latent(TinySpec.Of(RawShared), TinySpec.Latent(8)) with { Rope = Yarn with { MScale = 1, MScaleAllDim = 0.5 } },
        ["raw, shared"] = TinySpec.Of(TinySpec.Mixture(weight: CombineWeight.Raw, shared: 24), TinySpec.Mixture(weight: CombineWeight.Raw, shared: 24)),
        ["raw, shared, dense first"] = TinySpec.Of(TinySpec.Dense(), TinySpec.Mixture(weight: CombineWeight.Raw, shared: 12, scale: 2)),
        ["linear"] = TinySpec.Of(TinySpec.Dense()) with { Rope = new(500_000, RopeScaling.Linear, 4) },
        ["llama3"] = TinySpec.Of(TinySpec.Dense()) with { Rope = new(10_000, RopeScaling.Llama3, 8, 1, 4, 2048) },
        ["llama3, odd context"] = TinySpec.Of(TinySpec.Dense()) with { Rope = new(100, RopeScaling.Llama3, 8, 1, 4, 100) },
        ["wide heads"] = TinySpec.Of() with { Layers = [new(new(3, 3, 10), TinySpec.Dense())] },
    };

    static ModelSpec Spec(string name) => More.TryGetValue(name, out var spec) ? spec : LayoutChoiceTests.Shapes[name].Spec;

    string Write(Model model, WeightEncoding encoding = WeightEncoding.F32, WeightEncoding? embeddings = null)
    {
        ModelFolder.Save(model, folder["hf"], new SaveOptions { Type = TensorType.F32, ModelType = "moesaic", Folder = new() { Overwrite = true } });
        using var weights = StoredWeights.Open(folder["hf"]);
        new GgufModelWriter(weights, encoding, embeddings).Write(folder["a.gguf"]);
        return folder["a.gguf"];
    }

    [Theory]
    [MemberData(nameof(Carried))]
    public void The_logits_are_the_same(string name)
    {
        using var model = TinySpec.Model(Spec(name));
        using var loaded = ModelFolder.Load(Write(model));
        // A folded scale is rounded into the weights; a scaling of the rotary embedding is seen through float32 divisors.
        var exact = model.Mixtures.All(m => m.Router.Spec.Scale == 1 || model.Spec.Layers[0].Attention.Latent is not null) && model.Spec.Rope.Scaling != RopeScaling.Llama3;
        Assert.InRange(Passes.MaxDifference(Passes.Logits(model), Passes.Logits(loaded.Model)), 0, exact ? 0 : 1e-4);
        Assert.Equal(GgufArchitectures.Canonical(model.Spec, GgufArchitectures.For(model.Spec)).Layers, loaded.Model.Spec.Layers);
        Assert.Equal(model.Spec.MaxPositions, loaded.Model.Spec.MaxPositions);
        Assert.Equal(model.Spec.TiedEmbeddings, loaded.Model.Spec.TiedEmbeddings);
        Assert.Equal(TensorType.F32, loaded.StoredType);
    }

    [Theory]
    [MemberData(nameof(NotCarried))]
    public void What_GGUF_cannot_carry_is_refused_by_its_name(string name, string feature)
    {
        using var model = TinySpec.Model(Spec(name));
        var message = Assert.Throws<BadRequestException>(() => Write(model)).Message;
        Assert.Contains("GGUF cannot carry this model exactly", message, StringComparison.Ordinal);
        Assert.Contains(feature, message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["a.gguf"]));
    }

    [Fact]
    public void The_tensors_hold_all_parameters_of_every_shape()
    {
        foreach (var name in LayoutChoiceTests.Shapes.Keys.Concat(More.Keys))
        {
            // Nobody has given what these routers have besides a matrix a name.
            if (Spec(name).Layers.Any(l => l.FeedForward is MixtureSpec mixture && CommonConfig.ScoreDiffers(mixture.Router) is not null)) continue;
            if (Spec(name).AttentionExpertLayers.Any() || CommonConfig.FormsDiffer(Spec(name)) is not null) continue;
            using var model = new Model(Spec(name));
            var planned = GgufTensors.Of(model.Spec, new GgufLlama())
                .SelectMany(t => t.Parameters.Select(p => (p, t.Role, t.Rows, t.Columns, t.IsVector))).Order();
            Assert.Equal(model.Parameters.Select(p => (p.Name, p.Role, p.Value.Rows, p.Value.Columns, p.IsVector)).Order(), planned);
        }
    }

    [Theory]
    [InlineData(WeightEncoding.F16, 1e-4, 4e-4)]
    [InlineData(WeightEncoding.BF16, 1e-3, 3e-3)]
    [InlineData(WeightEncoding.Q8_0, 3e-3, 1e-2)]
    [InlineData(WeightEncoding.Q4_K, 0.03, 0.1)]
    public void Weights_lose_what_the_encoding_loses(WeightEncoding encoding, double least, double most)
    {
        using var model = TinySpec.Model(TinySpec.Of(TinySpec.Mixture(width: 256)) with { Width = 256 });
        using var loaded = ModelFolder.Load(Write(model, encoding));
        foreach (var parameter in model.Parameters)
        {
            var (before, after) = (parameter.Value.Span.ToArray(), loaded.Model[parameter.Name].Span.ToArray());
            var error = Math.Sqrt(before.Zip(after).Sum(p => Math.Pow(p.First - p.Second, 2)) / before.Sum(x => (double)x * x));
            if (parameter.IsVector || parameter.Role == ParameterRole.Router) Assert.Equal(0, error);
            // Rows of 32 are no block of Q4_K.
            else Assert.InRange(error, parameter.Value.Columns == 32 && encoding == WeightEncoding.Q4_K ? 0.01 : least, most);
        }
    }

    [Fact]
    public void Each_tensor_says_what_became_of_it()
    {
        using var model = TinySpec.Model(TinySpec.Of(TinySpec.Dense(512)) with { Width = 288 });
        ModelFolder.Save(model, folder["hf"], new SaveOptions { Type = TensorType.F32 });
        using var weights = StoredWeights.Open(folder["hf"]);
        var writer = new GgufModelWriter(weights, WeightEncoding.Q4_K, WeightEncoding.Q8_0);
        var written = writer.Write(folder["a.gguf"]).ToDictionary(t => t.Name);
        Assert.Equal(writer.Plans.Select(p => p.Name), written.Keys);
        Assert.Equal((WeightEncoding.Q8_0, WeightEncoding.Q8_0), (written["output.weight"].Wanted, written["output.weight"].Encoding));
        // 288 is no multiple of 256, 512 is; norms stay as they are.
        Assert.Equal((WeightEncoding.Q4_K, WeightEncoding.Q5_0), (written["blk.0.ffn_up.weight"].Wanted, written["blk.0.ffn_up.weight"].Encoding));
        Assert.Equal(WeightEncoding.Q4_K, written["blk.0.ffn_down.weight"].Encoding);
        Assert.Equal((WeightEncoding.F32, 0.0), (written["output_norm.weight"].Encoding, written["output_norm.weight"].RelativeError!.Value));
        Assert.InRange(written["blk.0.ffn_down.weight"].RelativeError!.Value, 0.01, 0.1);
        Assert.Equal(288 * 512 * 4, written["blk.0.ffn_down.weight"].BytesBefore);
        Assert.Equal(288 * 2 * 144, written["blk.0.ffn_down.weight"].BytesAfter);
        using var file = GgufFile.Open(folder["a.gguf"]);
        Assert.Equal("Q5_0", file.Find("blk.0.ffn_up.weight")!.Type.Name);
        Assert.Equal(written.Values.Sum(t => t.BytesAfter), file.Tensors.Sum(t => t.ByteLength));
    }

    [Fact]
    public void Blocks_that_keep_their_encoding_keep_their_bytes()
    {
        using var model = TinySpec.Model(TinySpec.Of(TinySpec.Mixture(width: 32)) with { Width = 64 });
        var first = Write(model, WeightEncoding.Q4_0);
        using (var weights = StoredWeights.Open(first)) new GgufModelWriter(weights, WeightEncoding.Q4_0).Write(folder["b.gguf"]);
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(folder["b.gguf"]));
        using (var weights = StoredWeights.Open(first)) new GgufModelWriter(weights, WeightEncoding.F32).Write(folder["c.gguf"]);
        using Pair blocks = new(first), plain = new(folder["c.gguf"]);
        Assert.Equal(Passes.Logits(blocks.Loaded.Model), Passes.Logits(plain.Loaded.Model));
    }

    sealed record Pair(string Path) : IDisposable
    {
        public LoadedModel Loaded { get; } = ModelFolder.Load(Path);

        public void Dispose() => Loaded.Dispose();
    }

    [Fact]
    public void A_weight_that_is_no_number_is_refused_and_nothing_is_written()
    {
        using var model = TinySpec.Model(TinySpec.Of(TinySpec.Dense()));
        model["model.layers.0.mlp.up_proj.weight"].Row(3)[2] = 1e30f;
        var message = Assert.Throws<BadModelException>(() => Write(model, WeightEncoding.F16)).Message;
        Assert.Contains("up_proj", message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["a.gguf"]));
    }
}
