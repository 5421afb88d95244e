using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Models.Architectures;

namespace Moesaic.Models.Tests.Architectures;

/// <summary>config.json of gpt-oss.</summary>
public class GptOssTests
{
    /// <summary>What the published 20b says, with fewer and narrower layers.</summary>
    const string Published = """
        {
          "architectures": ["GptOssForCausalLM"], "attention_bias": true, "attention_dropout": 0.0, "eos_token_id": 200002,
          "experts_per_token": 4, "head_dim": 64, "hidden_act": "silu", "hidden_size": 32, "initial_context_length": 4096,
          "initializer_range": 0.02, "intermediate_size": 64, "layer_types": ["sliding_attention", "full_attention"],
          "max_position_embeddings": 131072, "model_type": "gpt_oss", "num_attention_heads": 4, "num_experts_per_tok": 4,
          "num_hidden_layers": 2, "num_key_value_heads": 2, "num_local_experts": 8, "output_router_logits": false,
          "pad_token_id": 199999, "quantization_config": {
            "modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"],
            "quant_method": "mxfp4" },
          "rms_norm_eps": 1e-05, "rope_scaling": {
            "beta_fast": 32.0, "beta_slow": 1.0, "factor": 32.0, "original_max_position_embeddings": 4096, "rope_type": "yarn",
            "truncate": false },
          "rope_theta": 150000, "router_aux_loss_coef": 0.9, "sliding_window": 128, "swiglu_limit": 7.0,
          "tie_word_embeddings": false, "transformers_version": "4.55.0.dev0", "use_cache": true, "vocab_size": 201088
        }
        """;

    static ModelSpec Read(Action<JsonObject>? change = null)
    {
        var json = JsonNode.Parse(Published)!.AsObject();
        change?.Invoke(json);
        var config = HfConfig.From(json);
        return ArchitectureRegistry.Of(config).ReadSpec(config);
    }

    [Fact]
    public void The_published_file_is_understood()
    {
        var spec = Read();
        Assert.Equal([128, 0], spec.Layers.Select(l => l.Attention.Window));
        Assert.Equal(new AttentionSpec(4, 2, 64, AttentionBias.All) { Sinks = true }, spec.Layers[1].Attention);
        var mixture = Assert.IsType<MixtureSpec>(spec.Layers[0].FeedForward);
        Assert.Equal((8, 4, true, true), (mixture.Router.Experts, mixture.Router.Chosen, mixture.Router.Bias, mixture.Router.SumsToScale));
        Assert.Equal((64, true, SwiGluClamp.Published), (mixture.UniformWidth, mixture.ExpertBias, mixture.Clamp));
        Assert.Equal(new RopeConfig(150_000, RopeScaling.Yarn, 32, OriginalContext: 4096) { Truncate = false }, spec.Rope);
        Assert.Equal([200002], spec.EosIds);
    }

    [Fact]
    public void Without_layer_types_every_second_layer_has_a_window() =>
        Assert.Equal([128, 0, 128], Read(j => { j.Remove("layer_types"); j["num_hidden_layers"] = 3; }).Layers.Select(l => l.Attention.Window));

    [Theory]
    [InlineData("attention_bias", "false", "attention_bias")]
    [InlineData("swiglu_limit", "0", "swiglu_limit")]
    [InlineData("rope_scaling", null, "rope_scaling is missing")]
    [InlineData("rope_theta", null, "rope_theta is missing")]
    [InlineData("quantization_config", "{\"quant_method\":\"fp8\"}", "only mxfp4")]
    [InlineData("layer_types", "[\"full_attention\"]", "1 layers of 2")]
    [InlineData("num_experts_per_tok", "9", "experts per token")]
    public void What_is_not_supported_is_refused(string key, string? value, string said) => Assert.Contains(said,
        Assert.Throws<BadModelException>(() => Read(j => { if (value is null) j.Remove(key); else j[key] = JsonNode.Parse(value); })).Message,
        StringComparison.Ordinal);
}
