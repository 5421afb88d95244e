using Moesaic.Formats;
using Moesaic.Models.Architectures;

namespace Moesaic.Models.Tests.Architectures;

/// <summary>Every model goes into the most standard layout that holds it exactly, and says why not into those before.</summary>
public class LayoutChoiceTests
{
    static readonly AttentionSpec Biased = TinySpec.Attention with { Bias = AttentionBias.All };
    static readonly ModelSpec Mixtures = TinySpec.Of(TinySpec.Mixture(), TinySpec.Mixture());

    public static TheoryData<string, string, string> Cases => new(Shapes.Select(s => (s.Key, s.Value.Type, s.Value.Reason)));

    static readonly AttentionSpec KeysBiased = TinySpec.Attention with { Bias = AttentionBias.QueryKeyValue };
    static readonly AttentionSpec HeadsNormed = TinySpec.Attention with { Norm = HeadNorm.Head };
    static readonly AttentionSpec AllNormed = new(4, 2, 4) { Norm = HeadNorm.Projection };
    static readonly AttentionSpec SharedKeys = new(12, 2, 8) { Experts = new(new RouterSpec { Experts = 3, Chosen = 2 }, ExpertKeys.Shared, false) };
    static readonly MixtureSpec Raw = TinySpec.Mixture(weight: CombineWeight.Raw);
    static readonly MixtureSpec Gated = TinySpec.Mixture(shared: 10, weight: CombineWeight.Raw) with { SharedGate = SharedGate.Sigmoid };
    static readonly MixtureSpec TwoLayers = Raw with { Router = Raw.Router with { Score = RouterScore.Mlp } };
    static readonly MixtureSpec Noisy = Raw with { Router = Raw.Router with { Noise = RouterNoise.Learned, Weight = CombineWeight.Renormalised } };
    static readonly RopeConfig Stretched = new(10_000, RopeScaling.Yarn, 4, OriginalContext: 16) { MScale = 1, MScaleAllDim = 0.5 };
    static readonly float Stretch = (float)Math.Pow(Stretched.Stretch(0.5), 2);
    static readonly MixtureSpec Grouped = Raw with
    {
        Router = Raw.Router with { Experts = 4, Chosen = 2, Groups = new ExpertGroups(2, 1, GroupScore.Best), Scale = 4 }, SharedWidth = 24,
    };

    internal static readonly Dictionary<string, (ModelSpec Spec, string Type, string Reason)> Shapes = new()
    {
        ["dense"] = (TinySpec.Of(TinySpec.Dense(), TinySpec.Dense()), "llama", ""),
        ["dense, tied"] = (TinySpec.Of(TinySpec.Dense(), TinySpec.Dense()) with { TiedEmbeddings = true }, "llama", ""),
        ["dense, biased"] = (TinySpec.Of() with { Layers = [new(Biased, TinySpec.Dense()), new(Biased, TinySpec.Dense())] }, "llama", ""),
        ["dense, uneven"] = (TinySpec.Of(TinySpec.Dense(), TinySpec.Dense(8)), "moesaic", "different widths"),
        ["heads, uneven"] = (TinySpec.Of() with { Layers = [new(TinySpec.Attention, TinySpec.Dense()), new(new(2, 2, 8), TinySpec.Dense())] },
            "moesaic", "attention heads"),
        ["mixture"] = (Mixtures, "mixtral", "routed experts"),
        ["mixture, tied"] = (Mixtures with { TiedEmbeddings = true }, "mixtral", ""),
        ["softmax after selection"] = (TinySpec.Of(TinySpec.Mixture(weight: CombineWeight.Raw, affinity: RouterAffinity.SoftmaxAfterSelection)), "mixtral", ""),
        ["one expert, renormalised"] = (TinySpec.Of(TinySpec.Mixture(chosen: 1)), "mixtral", ""),
        ["scaled"] = (TinySpec.Of(TinySpec.Mixture(scale: 2.5f), TinySpec.Mixture(scale: 0.5f)), "mixtral", ""),
        ["one expert, raw"] = (TinySpec.Of(TinySpec.Mixture(chosen: 1, weight: CombineWeight.Raw)), "deepseek", "not renormalised"),
        ["raw, scaled"] = (TinySpec.Of(TinySpec.Mixture(weight: CombineWeight.Raw, scale: 3)), "deepseek", "not renormalised"),
        ["shared"] = (TinySpec.Of(TinySpec.Mixture(shared: 24)), "deepseek", "shared experts"),
        ["dense first"] = (TinySpec.Of(TinySpec.Dense(), TinySpec.Mixture()), "deepseek", "first layer is dense"),
        ["mixture, biased"] = (TinySpec.Of() with { Layers = [new(Biased, TinySpec.Mixture())] }, "deepseek", "biases"),
        ["dense last"] = (TinySpec.Of(TinySpec.Mixture(), TinySpec.Dense()), "moesaic", "dense layers follow"),
        ["attention experts"] = (Mixtures.With(AttentionCut.Spec(TinySpec.Attention, 1, ExpertKeys.All)), "moesaic", "attention is made of experts"),
        ["routed keys"] = (TinySpec.Of(TinySpec.Dense()).With(AttentionCut.Spec(TinySpec.Attention, 1, ExpertKeys.Routed, true, scale: 1.25f)),
            "moesaic", "attention is made of experts"),
        ["uneven experts"] = (TinySpec.Of(TinySpec.Mixture() with { ExpertWidths = [4, 8, 12, 20] }), "moesaic", "widths"),
        ["layers of different k"] = (TinySpec.Of(TinySpec.Mixture(), TinySpec.Mixture(chosen: 1)), "moesaic", "different numbers of experts"),
        ["layers of different e"] = (TinySpec.Of(TinySpec.Mixture(), TinySpec.Mixture(experts: 8)), "moesaic", "differ"),
        ["odd shared width"] = (TinySpec.Of(TinySpec.Mixture(shared: 16)), "moesaic", "multiple"),
        ["keys biased"] = (TinySpec.Of(TinySpec.Dense(), TinySpec.Dense()).With(KeysBiased), "qwen2", "output has none"),
        ["heads normed"] = (TinySpec.Of(TinySpec.Dense()).With(HeadsNormed), "qwen3", "normed"),
        ["heads normed, stretched"] = (TinySpec.Of(TinySpec.Dense()).With(HeadsNormed) with { Rope = Stretched }, "qwen3", "normed"),
        ["heads normed, mixture"] = (TinySpec.Of(TinySpec.Mixture(), TinySpec.Dense(), TinySpec.Mixture()).With(HeadsNormed), "qwen3_moe", "some layers are dense"),
        ["heads normed, raw"] = (TinySpec.Of(Raw, Raw).With(HeadsNormed), "qwen3_moe", "not renormalised"),
        ["heads normed, shared"] = (TinySpec.Of(TinySpec.Mixture(shared: 12)).With(HeadsNormed), "moesaic", "shared experts"),
        ["heads normed, uneven experts"] = (TinySpec.Of(TinySpec.Mixture() with { ExpertWidths = [4, 8, 12, 20] }).With(HeadsNormed), "moesaic", "widths"),
        ["all normed"] = (TinySpec.Of(Raw, Raw).With(AllNormed), "olmoe", "normed differently"),
        ["all normed, wide heads"] = (TinySpec.Of(Raw).With(AllNormed with { HeadDim = 8 }), "moesaic", "as wide as the model"),
        ["all normed, dense first"] = (TinySpec.Of(TinySpec.Dense(), Raw).With(AllNormed), "moesaic", "some layers are dense"),
        ["scored by two layers"] = (TinySpec.Of(TwoLayers, TinySpec.Dense()), "moesaic", "by two layers"),
        ["scored by two layers, shared"] = (TinySpec.Of(TwoLayers with { SharedWidth = 24 }), "moesaic", "by two layers"),
        ["scored by a neuron"] = (TinySpec.Of(Raw with { Router = Raw.Router with { Score = RouterScore.Swiglu, Weight = CombineWeight.One }, SharedWidth = 12 }),
            "moesaic", "by a neuron each"),
        ["weights of one"] = (TinySpec.Of(Raw with { Router = Raw.Router with { Weight = CombineWeight.One } }), "moesaic", "have weight 1"),
        ["noise"] = (TinySpec.Of(Noisy, Noisy), "moesaic", "noise of its training"),
        ["shared gate"] = (TinySpec.Of(TinySpec.Dense(), Gated).With(KeysBiased), "qwen2_moe", "shared experts"),
        ["shared gate, no biases"] = (TinySpec.Of(Gated, Gated), "qwen2_moe", "shared experts"),
        ["latent"] = (TinySpec.Of(TinySpec.Dense(), TinySpec.Mixture(shared: 12, weight: CombineWeight.Raw)).With(TinySpec.Latent()), "deepseek_v2", "latent"),
        ["latent, groups"] = (TinySpec.Of(Grouped, Grouped).With(TinySpec.Latent(queryRank: 8)), "deepseek_v2", "groups"),
        ["latent, stretched"] = (TinySpec.Of(Grouped).With(TinySpec.Latent(scoreFactor: Stretch)) with { Rope = Stretched }, "deepseek_v2", "shared experts"),
        ["latent, other factor"] = (TinySpec.Of(Grouped).With(TinySpec.Latent(scoreFactor: 1.5f)), "moesaic", "factor"),
        ["latent, dense"] = (TinySpec.Of(TinySpec.Dense()).With(TinySpec.Latent()), "moesaic", "latent"),
        ["sigmoid"] = (TinySpec.Of(TinySpec.Dense(), TinySpec.SigmoidMixture()).With(TinySpec.Latent(8, valueDim: 8)), "deepseek_v3", "sigmoids"),
        ["sigmoid, raw, no groups"] = (TinySpec.Of(TinySpec.SigmoidMixture(weight: CombineWeight.Raw, groups: false)).With(TinySpec.Latent()), "deepseek_v3", "sigmoids"),
        ["sigmoid, halves"] = (TinySpec.Of(TinySpec.SigmoidMixture())
            .With(TinySpec.Latent() with { Latent = new LatentSpec(0, 10, 4, 4) { NeighbouringPairs = false } }), "deepseek_v3", "sigmoids"),
        ["sigmoid, plain attention"] = (TinySpec.Of(TinySpec.SigmoidMixture()), "moesaic", "goes through no latent"),
        ["sigmoid, no shared"] = (TinySpec.Of(TinySpec.SigmoidMixture(shared: 0)).With(TinySpec.Latent()), "moesaic", "no shared experts"),
        ["one expert, renormalised, shared"] = (TinySpec.Of(TinySpec.Mixture(chosen: 1, shared: 12)), "moesaic", "single expert"),
        ["window"] = (TinySpec.Of(TinySpec.Dense(), TinySpec.Dense()).With(TinySpec.Attention with { Window = 5 }), "mistral", "a sliding window"),
        ["window, mixture"] = (Mixtures.With(TinySpec.Attention with { Window = 5 }), "mixtral", "routed experts"),
        ["window, latent"] = (TinySpec.Of(Grouped, Grouped).With(TinySpec.Latent(queryRank: 8) with { Window = 5 }), "moesaic", "a sliding window or sinks"),
        ["sinks"] = (TinySpec.GptOss(), "gpt_oss", "its experts or its router have biases"),
        ["sinks, limit of 2, scaled"] = (TinySpec.GptOss(layers: 3, window: 0, limit: 2) is var low ? low with
        {
            Layers = [.. low.Layers.Select(l => l.FeedForward is MixtureSpec m ? l with { FeedForward = m with { Router = m.Router with { Scale = 2 } } } : l)],
        } : low, "gpt_oss", ""),
        ["sinks, dense"] = (TinySpec.Of(TinySpec.Dense()).With(TinySpec.Attention with { Sinks = true }), "moesaic", "its attention has sinks"),
        ["router biased"] = (TinySpec.Of(TinySpec.Mixture() with { Router = TinySpec.Mixture().Router with { Bias = true } }), "moesaic", "no biases"),
        ["experts biased, uneven"] = (TinySpec.Of(TinySpec.Mixture() with { ExpertWidths = [4, 8, 12, 20], ExpertBias = true }), "moesaic", "no biases"),
        ["dense, relu"] = (TinySpec.Of(TinySpec.Dense() with { Activation = Activation.Relu }), "moesaic", "no gate (relu)"),
        ["gelu"] = (TinySpec.Of(TinySpec.Dense(), TinySpec.Mixture() with { Activation = Activation.GeluTanh, ExpertBias = true }), "moesaic", "no gate (gelu_tanh)"),
        ["squared relu, shared, uneven"] = (TinySpec.Of(Gated with { Activation = Activation.SquaredRelu, ExpertWidths = [4, 8, 12, 20] }), "moesaic", "no gate (squared_relu)"),
        ["shared mixed"] = (TinySpec.Of(TinySpec.Mixture(shared: 12) with { SharedGate = SharedGate.Mix }), "moesaic", "weighed against each other"),
        ["shared keys"] = (TinySpec.Of(TinySpec.Dense(), TinySpec.Dense()).With(SharedKeys), "moesaic", "attention is made of experts"),
        ["experts cut off"] = (TinySpec.Of(TinySpec.Mixture(shared: 8) with { Clamp = new SwiGluClamp(1, 1) }), "moesaic", "cut off large values"),
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_most_standard_layout_is_taken(string name, string type, string reason)
    {
        var chosen = ArchitectureRegistry.MostStandard(Shapes[name].Spec, out var refused);
        Assert.Equal(type, chosen.ModelType);
        Assert.Contains(reason, string.Join('\n', refused), StringComparison.Ordinal);
        Assert.Equal(ArchitectureRegistry.All.TakeWhile(a => a != chosen).Count(), refused.Count);
    }

    [Fact]
    public void A_layout_that_cannot_hold_the_model_is_refused_with_the_reason()
    {
        var message = Assert.Throws<BadRequestException>(() => ArchitectureRegistry.Named("mixtral", Shapes["shared"].Spec)).Message;
        Assert.Contains("shared experts", message, StringComparison.Ordinal);
        Assert.Contains("holds it is deepseek.", message, StringComparison.Ordinal);
        Assert.Contains("mistral", Assert.Throws<BadRequestException>(
            () => ArchitectureRegistry.Named("mistrall", Mixtures)).Message, StringComparison.Ordinal);
    }
}
