using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Models.Architectures;
using Moesaic.Models.Loading;

namespace Moesaic.Models.Tests.Architectures;

/// <summary>LLaMA-MoE v1 and v2: what they hold, to the bit, and what is refused by name.</summary>
public sealed class LlamaMoeTests : IDisposable
{
    static readonly AttentionSpec Heads = new(4, 2, 4);
    static readonly AttentionSpec Cut = AttentionCut.Spec(Heads, 1, ExpertKeys.Routed, scale: 1.25f);
    static readonly MixtureSpec Gate = TinySpec.Mixture(weight: CombineWeight.Raw, affinity: RouterAffinity.SoftmaxAfterSelection) is var m ? m with
    {
        Router = m.Router with { Score = RouterScore.Mlp, Noise = RouterNoise.Learned, Scale = 4 }, ExpertWidths = [4, 8, 12, 20],
    } : m;
    static readonly MixtureSpec Plain = TinySpec.Mixture(scale: 2.5f);

    static ModelSpec Of(params FeedForwardSpec[] layers) => TinySpec.Of(layers).With(Heads);

    internal static readonly Dictionary<string, (ModelSpec Spec, string Type)> Shapes = new()
    {
        ["v1"] = (Of(Gate, Gate with { Router = Gate.Router with { Scale = 2.5f }, ExpertWidths = [12, 12, 3, 1] }), "llama_moe"),
        ["v1, one layer"] = (Of(Plain, Plain), "llama_moe"),
        ["v1, no noise, biased heads"] = (Of(Gate with { Router = Gate.Router with { Noise = RouterNoise.None } })
            .With(Heads with { Bias = AttentionBias.All }), "llama_moe"),
        ["v1, shared"] = (Of(Gate with { SharedWidth = 6 }, Gate with { SharedWidth = 9 }), "llama_moe_residual"),
        ["v2"] = (Of(Plain, Plain), "llama_moe_v2"),
        ["v2, shared, dense at both ends"] = (Of(TinySpec.Dense(48), Plain with { SharedWidth = 7 }, TinySpec.Dense(48)), "llama_moe_v2"),
        ["v2, attention"] = (Of(Plain, Plain).With(Cut), "llama_moe_v2"),
        ["v2, window"] = (Of(Plain).With(Heads with { Window = 5 }), "llama_moe_v2"),
    };

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Names => [.. Shapes.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Written_and_read_again_the_logits_keep_their_bits(string name)
    {
        var (spec, type) = Shapes[name];
        using var model = TinySpec.Model(spec);
        ModelFolder.Save(model, folder["a"], new SaveOptions { Type = TensorType.F32, ModelType = type });
        using var loaded = ModelFolder.Load(folder["a"]);
        Assert.Equal(type, loaded.Layout);
        Assert.Empty(loaded.Notes);
        Assert.Equal(Passes.Logits(model), Passes.Logits(loaded.Model));
        ModelFolder.Save(loaded.Model, folder["b"], new SaveOptions { Type = TensorType.F32, ModelType = type });
        Assert.Equal(File.ReadAllBytes(folder["a/model.safetensors"]), File.ReadAllBytes(folder["b/model.safetensors"]));
        Assert.Equal(File.ReadAllText(folder["a/config.json"]), File.ReadAllText(folder["b/config.json"]));
    }

    [Theory]
    [InlineData("v1", "mlp.gate.gate_network.0.weight", "mlp.gate.gate_network.2.weight", "mlp.gate.weight_noise.weight",
        "mlp.calculator.experts.weight_gate.3", "mlp.calculator.experts.weight_up.0", "mlp.calculator.experts.weight_down.1")]
    [InlineData("v1, one layer", "mlp.gate.gate_network.weight")]
    [InlineData("v1, shared", "mlp.moe_layer.gate.gate_network.0.weight", "mlp.moe_layer.gate.weight_noise.weight",
        "mlp.moe_layer.calculator.experts.weight_gate.3", "mlp.residual_block.calculator.experts.weight_down.0")]
    [InlineData("v2, shared, dense at both ends", "block_sparse_moe.w1.weight", "block_sparse_moe.w2.weight", "self_attn.q_proj.weight")]
    [InlineData("v2, attention", "block_sparse_moe.gate.weight", "block_sparse_moe.experts.3.w3.weight", "self_attn.gate.weight",
        "self_attn.q_proj.0.weight", "self_attn.k_proj.1.weight", "self_attn.o_proj.1.weight")]
    public void Tensors_have_the_published_names(string name, params string[] tensors)
    {
        var (spec, type) = Shapes[name];
        using var model = TinySpec.Model(spec);
        ModelFolder.Save(model, folder["a"], new SaveOptions { ModelType = type });
        using var store = TensorStore.Open(folder["a"]);
        Assert.All(tensors, tensor => Assert.True(store.Contains($"model.layers.0.{tensor}"), tensor));
        if (name.StartsWith("v2, shared", StringComparison.Ordinal)) Assert.True(store.Contains("model.layers.1.mlp_residual.w3.weight"));
    }

    [Fact]
    public void The_scale_of_the_plain_kind_folds_into_a_plain_mixtral()
    {
        foreach (var scale in new[] { 4f, 3f })
        {
            var mixture = TinySpec.Mixture(scale: scale);
            using var model = TinySpec.Model(Of(mixture, mixture));
            ModelFolder.Save(model, folder[$"v2-{scale}"], new SaveOptions { Type = TensorType.F32, ModelType = "llama_moe_v2" });
            using var loaded = ModelFolder.Load(folder[$"v2-{scale}"]);
            Assert.Equal(scale, loaded.Model.Mixtures.First().Router.Spec.Scale);
            ModelFolder.Save(loaded.Model, folder[$"mixtral-{scale}"], new SaveOptions { Type = TensorType.F32, ModelType = "mixtral" });
            using var folded = ModelFolder.Load(folder[$"mixtral-{scale}"]);
            Assert.Equal(1, folded.Model.Mixtures.First().Router.Spec.Scale);
            // A power of two moves exponents alone.
            Assert.InRange(Passes.MaxDifference(Passes.Logits(model), Passes.Logits(folded.Model)), 0, scale == 4 ? 0 : 1e-5);
        }
    }

    [Fact]
    public void A_plain_mixtral_stays_one()
    {
        var config = ArchitectureRegistry.Named("mixtral", Of(TinySpec.Mixture())).WriteConfig(Of(TinySpec.Mixture()), TensorType.BF16);
        Assert.Equal("mixtral", ArchitectureRegistry.Of(HfConfig.From(config)).ModelType);
        config["scale_factor"] = 2.0;
        var extended = HfConfig.From(config);
        Assert.Equal("llama_moe_v2", ArchitectureRegistry.Of(extended).ModelType);
        var read = ArchitectureRegistry.Of(extended).ReadSpec(extended);
        Assert.All(read.Layers, l => Assert.Equal(2, ((MixtureSpec)l.FeedForward).Router.Scale));
    }

    [Fact]
    public void Without_the_key_v2_has_the_window_of_its_class()
    {
        var config = Written("v2");
        config.Remove("sliding_window");
        config["max_position_embeddings"] = 8192;
        Assert.All(Read(config).Layers, l => Assert.Equal(4096, l.Attention.Window));
    }

    [Fact]
    public void Shared_key_heads_are_copied_to_more_attention_experts()
    {
        var config = Written("v2, attention");
        config["attn_experts"] = 4;
        config["top_k_attn"] = 3;
        Assert.Equal((4, 4), Read(config).Layers[0].Attention is var heads ? (heads.KeyValueHeads, heads.Experts!.Router.Experts) : default);
    }

    static JsonObject Written(string name) => ArchitectureRegistry.Named(Shapes[name].Type, Shapes[name].Spec).WriteConfig(Shapes[name].Spec, TensorType.BF16);

    static ModelSpec Read(JsonObject json)
    {
        var config = HfConfig.From(json);
        return ArchitectureRegistry.Of(config).ReadSpec(config);
    }

    [Theory]
    [InlineData("v1", "gate_type", "\"SwitchBalancedGate\"", "SwitchBalancedGate")]
    [InlineData("v1", "calculator_type", "\"SwitchDropTokenCalculator\"", "SwitchDropTokenCalculator")]
    [InlineData("v1", "gate_network", "\"deep\"", "deep")]
    [InlineData("v1", "gates", "\"linear\"", "gate_network is \"mlp\"")]
    [InlineData("v1", "gate_use_softmax", "false", "false")]
    [InlineData("v1", "multiply_gate_scores", "false", "false")]
    [InlineData("v1", "add_weight_norm", "true", "learned scale")]
    [InlineData("v1", "gate_noise_epsilon", "0.5", "0.5")]
    [InlineData("v1", "score_scale_factor", "[1, 2, 3]", "3 numbers for 2 layers")]
    [InlineData("v1", "score_scale_factor", "[1, \"2\"]", "numbers")]
    [InlineData("v1", "size_experts", "[[1, 2, 3, 4]]", "2 layers")]
    [InlineData("v1", "size_experts", "[[1, 2, 3, 4], [1, 2, 3]]", "4 experts")]
    [InlineData("v1", "size_experts", "[[1, 2, 3, 4], [1, 2, 3, 0]]", "above 0")]
    [InlineData("v1", "num_selects", "5", "5 experts per token of 4")]
    [InlineData("v1, shared", "num_experts_residual", "2", "several residual experts")]
    [InlineData("v1, shared", "score_scale_factor_residual", "8.0", "8")]
    [InlineData("v1, shared", "use_weighting", "true", "learned mix")]
    [InlineData("v1, shared", "gate_use_softmax_residual", "false", "false")]
    [InlineData("v2", "moe_type", "\"megablocks\"", "megablocks")]
    [InlineData("v2", "add_rescale_bias", "true", "biases")]
    [InlineData("v2", "num_moe_contract_layers", "2", "more than the 2 layers")]
    [InlineData("v2", "attention_bias", "true", "no biases")]
    [InlineData("v2, attention", "attn_experts", "3", "multiple of num_key_value_heads (2)")]
    [InlineData("v2, attention", "scale_factor_attn", "null", "missing")]
    [InlineData("v2, attention", "sliding_window", "8", "is 8; a window over the tokens")]
    public void Values_that_are_not_supported_are_refused_by_name(string name, string key, string value, string said)
    {
        var config = Written(name);
        config[key] = JsonNode.Parse(value);
        var message = Assert.Throws<BadModelException>(() => Read(config)).Message;
        Assert.Contains(said, message, StringComparison.Ordinal);
        if (key != "num_selects") Assert.Contains(key, message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string> Misfits => new()
    {
        { "v1", "llama_moe_v2", "its experts have different widths" },
        { "v1", "llama_moe_residual", "it has no shared experts" },
        { "v1", "mixtral", "differ in number or width" },
        { "v1, shared", "llama_moe", "it has shared experts" },
        { "v2, attention", "llama_moe", "its attention is made of experts" },
        { "v2, attention", "mixtral", "its attention is made of experts" },
        { "v2, shared, dense at both ends", "llama_moe_residual", "its first layer is dense" },
        { "v2, window", "llama_moe", "sliding window" },
    };

    [Theory]
    [MemberData(nameof(Misfits))]
    public void A_shape_that_does_not_fit_is_refused_by_its_feature(string name, string type, string said) => Assert.Contains(said,
        Assert.Throws<BadRequestException>(() => ArchitectureRegistry.Named(type, Shapes[name].Spec)).Message, StringComparison.Ordinal);

    [Fact]
    public void What_v2_cannot_hold_is_refused_by_its_feature()
    {
        void Refused(ModelSpec spec, string said) => Assert.Contains(said,
            Assert.Throws<BadRequestException>(() => ArchitectureRegistry.Named("llama_moe_v2", spec)).Message, StringComparison.Ordinal);
        Refused(Of(TinySpec.Dense(48), Plain), "as many at the end");
        Refused(Of(TinySpec.Dense(47), Plain, TinySpec.Dense(47)), "as wide as all experts together");
        Refused(Of(TinySpec.Dense()), "no routed experts");
        Refused(Of(Plain, Plain with { SharedWidth = 3 }), "its mixture layers differ");
        Refused(Of(Plain, TinySpec.Mixture(scale: 3)), "its mixture layers differ");
        Refused(Of(TinySpec.Mixture(weight: CombineWeight.Raw)), "not renormalised");
        Refused(Of(Plain).With(AttentionCut.Spec(Heads, 1, ExpertKeys.All)), "keys of all tokens");
        Refused(Of(Plain).With(AttentionCut.Spec(Heads, 1, ExpertKeys.Routed, keepFirst: true)), "keep the first token");
        Refused(TinySpec.Of(Plain), "not as wide as the model");
        Refused(Of(Gate with { ExpertWidths = [4, 4, 4, 4] }), "by two layers");
    }
}
