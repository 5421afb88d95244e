using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Models.Architectures;

namespace Moesaic.Models.Tests.Architectures;

/// <summary>config.json of every layout: what is understood, and what is refused by name.</summary>
public class ConfigTests
{
    static readonly Dictionary<string, ModelSpec> Specs = new()
    {
        ["llama"] = TinySpec.Of(TinySpec.Dense(), TinySpec.Dense()),
        ["mistral"] = TinySpec.Of(TinySpec.Dense(), TinySpec.Dense()),
        ["mixtral"] = TinySpec.Of(TinySpec.Mixture(), TinySpec.Mixture()),
        ["qwen2"] = LayoutChoiceTests.Shapes["keys biased"].Spec,
        ["qwen3"] = LayoutChoiceTests.Shapes["heads normed"].Spec,
        ["qwen3_moe"] = LayoutChoiceTests.Shapes["heads normed, mixture"].Spec,
        ["olmoe"] = LayoutChoiceTests.Shapes["all normed"].Spec,
        ["qwen2_moe"] = LayoutChoiceTests.Shapes["shared gate"].Spec,
        ["deepseek_v2"] = LayoutChoiceTests.Shapes["latent, groups"].Spec,
        ["deepseek_v3"] = LayoutChoiceTests.Shapes["sigmoid"].Spec,
        ["gpt_oss"] = TinySpec.GptOss(),
        ["deepseek"] = TinySpec.Of(TinySpec.Dense(), TinySpec.Mixture(shared: 24, weight: CombineWeight.Raw)),
        ["llama_moe"] = LlamaMoeTests.Shapes["v1"].Spec,
        ["llama_moe_residual"] = LlamaMoeTests.Shapes["v1, shared"].Spec,
        ["llama_moe_v2"] = LlamaMoeTests.Shapes["v2, attention"].Spec,
        ["moesaic"] = TinySpec.Of(TinySpec.Dense(), TinySpec.Mixture() with { ExpertWidths = [4, 8, 12, 20] }),
    };

    public static TheoryData<string> Types => [.. ArchitectureRegistry.All.Select(a => a.ModelType)];

    static HfConfig Config(string type, Action<JsonObject>? change = null)
    {
        var json = ArchitectureRegistry.Named(type, Specs[type]).WriteConfig(Specs[type], TensorType.BF16);
        change?.Invoke(json);
        return HfConfig.From(json);
    }

    static ModelSpec Read(HfConfig config) => ArchitectureRegistry.Of(config).ReadSpec(config);

    static string Refusal(string type, Action<JsonObject> change) =>
        Assert.Throws<BadModelException>(() => Read(Config(type, change))).Message;

    static void Same(ModelSpec expected, ModelSpec found)
    {
        Assert.Equal(expected.Layers, found.Layers);
        Assert.Equal(expected.EosIds, found.EosIds);
        Assert.Equal(expected with { Layers = [], EosIds = expected.EosIds }, found with { Layers = [], EosIds = expected.EosIds });
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void What_is_written_reads_back(string type)
    {
        var config = Config(type);
        Same(Specs[type], Read(config));
        Assert.Empty(config.Unread);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Ids_of_text_and_scaled_positions_read_back(string type)
    {
        var spec = Specs[type] with
        {
            BosId = 3, EosIds = [4, 5], PadId = 6, TiedEmbeddings = true, NormEpsilon = 1e-5f,
            Rope = new RopeConfig(500_000, RopeScaling.Llama3, 8, 1, 4, 32),
        };
        var json = ArchitectureRegistry.Named(type, spec).WriteConfig(spec, TensorType.F32);
        Same(spec, Read(HfConfig.From(json)));
        Assert.Equal("1E-05", json["rms_norm_eps"]!.ToJsonString().ToUpperInvariant());
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Old_and_new_spelling_say_the_same(string type)
    {
        void Spell(JsonObject json, bool old)
        {
            foreach (var key in new[] { "dtype", "torch_dtype", "rope_theta", "rope_scaling", "rope_parameters" }) json.Remove(key);
            json[old ? "torch_dtype" : "dtype"] = "float16";
            var scaling = new JsonObject { [old ? "type" : "rope_type"] = "linear", ["factor"] = 2.0 };
            json[old ? "rope_scaling" : "rope_parameters"] = scaling;
            if (old) json["rope_theta"] = 5000.0;
            else scaling["rope_theta"] = 5000.0;
        }
        var expected = new RopeConfig(5000, RopeScaling.Linear, 2);
        Assert.Equal(expected, Read(Config(type, json => Spell(json, old: true))).Rope);
        Assert.Equal(expected, Read(Config(type, json => Spell(json, old: false))).Rope);
    }

    [Theory]
    [InlineData("mlp_bias", "true")]
    [InlineData("sliding_window", "16")]
    [InlineData("use_sliding_window", "true")]
    [InlineData("partial_rotary_factor", "0.5")]
    [InlineData("hidden_act", "\"gelu\"")]
    [InlineData("num_key_value_heads", "3")]
    [InlineData("head_dim", "7")]
    [InlineData("rope_scaling", "{\"rope_type\":\"longrope\",\"factor\":4}")]
    [InlineData("use_qk_norm", "true")]
    [InlineData("clip_qkv", "8")]
    [InlineData("logit_scale", "0.5")]
    [InlineData("attn_logit_softcapping", "50.0")]
    [InlineData("layer_types", "[\"full_attention\",\"sliding_attention\"]")]
    [InlineData("quantization_config", "{\"bits\":4}")]
    [InlineData("vocab_size", "0")]
    [InlineData("hidden_size", "null")]
    public void What_would_change_the_model_is_refused_by_name(string key, string value)
    {
        string[] have = key switch
        {
            "sliding_window" => ["mistral", "mixtral", "qwen2", "qwen3", "gpt_oss"],
            "use_sliding_window" => ["qwen2", "qwen3"],
            "layer_types" => ["gpt_oss"],
            _ => [],
        };
        foreach (var type in Specs.Keys.Except(have))
        {
            var message = Refusal(type, json =>
            {
                // Only one of the two spellings at a time.
                if (key == "rope_scaling") json.Remove("rope_parameters");
                if (key == "sliding_window") json.Remove("use_sliding_window");
                json[key] = JsonNode.Parse(value);
            });
            Assert.Contains(key, message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void What_changes_nothing_is_read_past(string type)
    {
        var config = Config(type, json =>
        {
            if (type != "gpt_oss") json["sliding_window"] = 64;        // as long as the context
            if (type != "gpt_oss") json["layer_types"] = new JsonArray([.. Specs[type].Layers.Select(_ => (JsonNode)"full_attention")]);
            json["mlp_bias"] = false;
            json["partial_rotary_factor"] = 1.0;
            json["hidden_act"] = "swish";
            json["bos_note"] = "of another program";
        });
        Same(Specs[type], Read(config));
        Assert.Equal(["bos_note"], config.Unread);
    }

    [Fact]
    public void Heads_that_do_not_divide_the_width_need_a_head_dim()
    {
        var message = Refusal("llama", json =>
        {
            json.Remove("head_dim");
            json["num_attention_heads"] = 3;
            json["num_key_value_heads"] = 3;
        });
        Assert.Contains("num_attention_heads", message, StringComparison.Ordinal);
        Assert.Contains("head_dim", message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_model_type_is_told_the_known_ones()
    {
        var message = Refusal("llama", json => json["model_type"] = "gpt2");
        Assert.All(["gpt2", .. Specs.Keys], name => Assert.Contains(name, message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("mixtral", "num_experts_per_tok", "5")]
    [InlineData("deepseek", "num_experts_per_tok", "5")]
    [InlineData("mixtral", "num_experts_per_tok", "0")]
    public void More_experts_per_token_than_experts_are_refused(string type, string key, string value) =>
        Assert.Contains(type == "mixtral" && value == "0" ? key : "experts per token",
            Refusal(type, json => json[key] = JsonNode.Parse(value)), StringComparison.Ordinal);

    [Theory]
    [InlineData("scoring_func", "\"sigmoid\"")]
    [InlineData("routed_scaling_factor", "2.5")]
    public void Routers_of_later_deepseek_versions_are_refused(string key, string value) =>
        Assert.Contains(key, Refusal("deepseek", json => json[key] = JsonNode.Parse(value)), StringComparison.Ordinal);

    [Theory]
    [InlineData("qwen2", "attention_bias", "true")]
    [InlineData("qwen3_moe", "num_experts_per_tok", "0")]
    [InlineData("qwen2_moe", "shared_expert_intermediate_size", "0")]
    [InlineData("olmoe", "head_dim", "8")]
    [InlineData("deepseek_v2", "topk_method", "\"noaux_tc\"")]
    [InlineData("deepseek_v2", "scoring_func", "\"sigmoid\"")]
    [InlineData("deepseek_v2", "norm_topk_prob", "true")]
    [InlineData("deepseek_v2", "attention_bias", "true")]
    [InlineData("deepseek_v3", "attention_bias", "true")]
    [InlineData("deepseek_v3", "num_key_value_heads", "2")]
    [InlineData("deepseek_v3", "qk_rope_head_dim", "3")]
    [InlineData("deepseek_v3", "head_dim", "4")]
    [InlineData("deepseek_v3", "qk_head_dim", "4")]
    [InlineData("deepseek_v3", "scoring_func", "\"softmax\"")]
    [InlineData("deepseek_v3", "topk_method", "\"greedy\"")]
    [InlineData("deepseek_v3", "n_group", "3")]
    [InlineData("deepseek_v3", "topk_group", "5")]
    public void What_a_family_does_not_have_is_refused(string type, string key, string value) =>
        Assert.Contains(key is "n_group" or "topk_group" ? "groups" : key, Refusal(type, json => json[key] = JsonNode.Parse(value)), StringComparison.Ordinal);

    [Fact]
    public void Qwen_alternates_layers_as_its_code_does()
    {
        var spec = Read(Config("qwen3_moe", json =>
        {
            json["num_hidden_layers"] = 6;
            json["decoder_sparse_step"] = 2;
            json["mlp_only_layers"] = new JsonArray(3);
        }));
        Assert.Equal([1, 5], spec.MixtureLayers);
    }

    [Fact]
    public void Qwen3_without_a_head_dim_has_128() =>
        Assert.Equal(128, Read(Config("qwen3", json => json.Remove("head_dim"))).Layers[0].Attention.HeadDim);

    [Fact]
    public void The_widths_that_others_write_beside_a_latent_are_read_past()
    {
        var spec = Specs["deepseek_v3"];
        var attention = spec.Layers[0].Attention;
        Same(spec, Read(Config("deepseek_v3", json => (json["head_dim"], json["qk_head_dim"]) = (attention.RotaryDim, attention.HeadDim))));
    }

    [Fact]
    public void Deepseek_alternates_layers_as_its_code_does()
    {
        var spec = Read(Config("deepseek", json =>
        {
            json["num_hidden_layers"] = 6;
            json["first_k_dense_replace"] = 1;
            json["moe_layer_freq"] = 2;
        }));
        Assert.Equal([2, 4], spec.MixtureLayers);
    }

    [Fact]
    public void Deepseek_does_not_renormalise_a_single_expert()
    {
        var spec = Read(Config("deepseek", json => (json["num_experts_per_tok"], json["norm_topk_prob"]) = (1, true)));
        Assert.Equal(CombineWeight.Raw, ((MixtureSpec)spec.Layers[1].FeedForward).Router.Weight);
    }

    [Theory]
    [InlineData("layers", "[]", "layers")]
    [InlineData("layers", "[{\"width\":8}]", "num_hidden_layers")]
    [InlineData("layers", "[{\"width\":8},{\"width\":8,\"rank\":2}]", "rank")]
    [InlineData("layers", "[{\"width\":8},3]", "layers[1]")]
    [InlineData("layers", "[{\"width\":8},{\"expert_widths\":[4,4],\"num_experts_per_tok\":1,\"affinity\":\"tanh\",\"combine_weight\":\"raw\"}]", "affinity")]
    [InlineData("layers", "[{\"width\":8},{\"expert_widths\":[4,4],\"num_experts_per_tok\":3,\"affinity\":\"softmax_before_selection\",\"combine_weight\":\"raw\"}]", "experts per token")]
    [InlineData("layers", "[{\"width\":8},{\"expert_widths\":[4,4],\"num_experts_per_tok\":1,\"affinity\":\"softmax_before_selection\",\"combine_weight\":\"raw\",\"scale\":0}]", "scale")]
    [InlineData("layers", "[{\"width\":8},{\"width\":8,\"attention\":{\"num_attention_heads\":3,\"num_key_value_heads\":2,\"head_dim\":8}}]", "attention")]
    [InlineData("layers", "[{\"width\":8},{\"width\":8,\"attention\":{\"num_attention_heads\":2,\"num_key_value_heads\":2,\"head_dim\":8,\"norm\":\"layer\"}}]", "norm")]
    [InlineData("layers", "[{\"width\":8},{\"width\":8,\"attention\":{\"num_attention_heads\":2,\"num_key_value_heads\":2,\"head_dim\":8,\"latent\":{\"rank\":4,\"rotary_dim\":8,\"value_dim\":4,\"norm_epsilon\":1e-6}}}]", "latent")]
    [InlineData("layers", "[{\"width\":8},{\"expert_widths\":[4,4],\"num_experts_per_tok\":1,\"affinity\":\"sigmoid\",\"combine_weight\":\"raw\",\"groups\":{\"count\":2,\"kept\":1,\"score\":\"sum_of_best_two\"}}]", "two best")]
    [InlineData("layers", "[{\"width\":8},{\"expert_widths\":[4,4],\"num_experts_per_tok\":1,\"affinity\":\"sigmoid\",\"combine_weight\":\"raw\",\"score\":\"mlp\",\"router_bias\":true}]", "needs a linear one")]
    [InlineData("layers", "[{\"width\":8},{\"expert_widths\":[4,4],\"num_experts_per_tok\":1,\"affinity\":\"sigmoid\",\"combine_weight\":\"raw\",\"clamp\":{\"limit\":0,\"slope\":1}}]", "slope must be above 0")]
    [InlineData("layers", "[{\"width\":8},{\"width\":8,\"attention\":{\"num_attention_heads\":2,\"num_key_value_heads\":2,\"head_dim\":8,\"window\":-1}}]", "window")]
    public void Our_own_layout_is_read_strictly(string key, string value, string named) =>
        Assert.Contains(named, Refusal("moesaic", json => json[key] = JsonNode.Parse(value)), StringComparison.Ordinal);
}
