using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>What the layouts of DeepSeek share: dense layers first, then routed experts beside ungated shared ones.</summary>
static class DeepSeekConfig
{
    /// <summary>
    /// The feed-forwards around a router that the version reads: mixtures from first_k_dense_replace on, every
    /// moe_layer_freq-th layer.
    /// </summary>
    public static Func<int, FeedForwardSpec> FeedForward(HfConfig config, Func<int, int, RouterSpec> router)
    {
        var dense = new DenseSpec(config.Int("intermediate_size", min: 1));
        FeedForwardSpec mixture = dense;
        int first = config.IntOr("first_k_dense_replace", 0), every = config.IntOr("moe_layer_freq", 1, min: 1);
        if (config.IntOrNull("n_routed_experts", min: 1) is { } experts)
        {
            int width = config.Int("moe_intermediate_size", min: 1), chosen = config.Int("num_experts_per_tok", min: 1);
            var spec = router(experts, chosen);
            spec.Validate(config.Source);
            mixture = new MixtureSpec(spec, [.. Enumerable.Repeat(width, experts)], checked(config.IntOr("n_shared_experts", 0) * width));
        }
        config.Accept("aux_loss_alpha", "seq_aux", "moe_intermediate_size", "num_experts_per_tok", "n_shared_experts", "ep_size");
        return l => l >= first && l % every == 0 ? mixture : dense;
    }

    /// <summary>Multi-head latent attention by the keys of the second and third version.</summary>
    public static AttentionSpec Attention(HfConfig config)
    {
        int heads = config.Int("num_attention_heads", min: 1), plain = config.Int("qk_nope_head_dim", min: 1);
        int turned = config.Int("qk_rope_head_dim", min: 2);
        if (config.IntOr("num_key_value_heads", heads, min: 1) is var keyValueHeads && keyValueHeads != heads)
            throw config.Bad("num_key_value_heads", $"is {keyValueHeads}; latent attention has as many as heads ({heads})");
        if (turned % 2 != 0 || plain % 2 != 0)
            throw config.Bad("qk_rope_head_dim", $"is {turned} and qk_nope_head_dim {plain}; both must be even");
        // Two derived widths that some programs write.
        if (config.IntOrNull("head_dim") is { } headDim && headDim != turned && headDim != plain + turned)
            throw config.Bad("head_dim", $"is {headDim}; the rotary part of a head is {turned}, the whole {plain + turned}");
        if (config.IntOrNull("qk_head_dim") is { } whole && whole != plain + turned)
            throw config.Bad("qk_head_dim", $"is {whole}; qk_nope_head_dim and qk_rope_head_dim sum to {plain + turned}");
        config.Refuse("attention_bias", "biases of latent attention are not supported");
        return new AttentionSpec(heads, heads, plain + turned)
        {
            ScoreFactor = ScoreFactor(config.Rope()),
            Latent = new LatentSpec(config.IntOr("q_lora_rank", 0), config.Int("kv_lora_rank", min: 1), turned, config.Int("v_head_dim", min: 1))
            {
                NeighbouringPairs = config.BoolOr("rope_interleave", true),
            },
        };
    }

    /// <summary>A stretched context multiplies the scores of all of a head by the square of YaRN's factor.</summary>
    static float ScoreFactor(RopeConfig rope) =>
        rope is { Scaling: RopeScaling.Yarn, MScaleAllDim: not 0 } ? (float)Math.Pow(rope.Stretch(rope.MScaleAllDim), 2) : 1;

    /// <summary>Why the feed-forwards keep a shape out.</summary>
    /// <param name="spec">The shape.</param>
    /// <param name="sameScale">Whether all layers must have the same scale.</param>
    public static string? WhyNot(ModelSpec spec, bool sameScale)
    {
        var layers = spec.Layers.Select(l => l.FeedForward).ToArray();
        var first = Array.FindIndex(layers, l => l is MixtureSpec);
        if (first < 0) return "it has no routed experts";
        if (layers.Skip(first).Any(l => l is not MixtureSpec)) return "dense layers follow mixture layers";
        if (layers.OfType<DenseSpec>().Distinct().Count() > 1) return "its dense layers have different widths";
        var mixture = (MixtureSpec)layers[first];
        foreach (var other in layers.OfType<MixtureSpec>())
        {
            if (other.UniformWidth is not { } width) return "its experts have different widths";
            if (other.SharedGate != SharedGate.None) return "its shared expert has a gate";
            if (CommonConfig.ScoreDiffers(other.Router) is { } reason) return reason;
            var scale = sameScale ? other.Router.Scale : mixture.Router.Scale;
            if (other with { Router = other.Router with { Scale = scale } } != mixture) return "its mixture layers differ";
            if (other.SharedWidth % width != 0) return "the shared width is no multiple of the expert width";
            if (other.Router is { Chosen: 1, SumsToScale: true }) return "it renormalises the weight of a single expert";
        }
        return null;
    }

    /// <summary>Why the attention keeps a shape out of the layouts with latent attention.</summary>
    public static string? AttentionDiffers(ModelSpec spec)
    {
        var attention = spec.Layers[0].Attention;
        return CommonConfig.UnevenAttention(spec)
            ?? (attention.Latent is not { } latent ? "its attention goes through no latent"
            : latent.NormEpsilon != 1e-6f ? "the norms of its latents have another epsilon than 1e-6"
            : attention.Bias != AttentionBias.None || attention.Norm != HeadNorm.None || attention.KeyValueHeads != attention.QueryHeads
                ? "its attention has biases, norms or shared heads beside the latent"
            : attention.Window != 0 || attention.Sinks ? "its attention has a sliding window or sinks"
            : attention.ScoreFactor != ScoreFactor(spec.Rope) ? "its attention scores have another factor than the stretched context asks for"
            : null);
    }

    /// <summary>Writes what <see cref="FeedForward"/> reads, router aside.</summary>
    public static void WriteFeedForward(ModelSpec spec, JsonObject config)
    {
        var first = spec.Layers.TakeWhile(l => l.FeedForward is DenseSpec).Count();
        var mixture = spec.Mixture(first);
        var width = mixture.UniformWidth!.Value;
        // Required by readers even when no layer is dense: then the width the dense parent would have had.
        config["intermediate_size"] = first > 0
            ? ((DenseSpec)spec.Layers[0].FeedForward).Width : mixture.ExpertWidths.Sum() + mixture.SharedWidth;
        config["n_routed_experts"] = mixture.Router.Experts;
        config["n_shared_experts"] = mixture.SharedWidth == 0 ? null : mixture.SharedWidth / width;
        config["moe_intermediate_size"] = width;
        config["num_experts_per_tok"] = mixture.Router.Chosen;
        config["first_k_dense_replace"] = first;
        config["moe_layer_freq"] = 1;
        config["norm_topk_prob"] = mixture.Router.SumsToScale;
        config["scoring_func"] = mixture.Router.Affinity == RouterAffinity.Sigmoid ? "sigmoid" : "softmax";
        config["aux_loss_alpha"] = 0.01;
        config["seq_aux"] = false;
    }

    /// <summary>Writes what <see cref="Attention"/> reads.</summary>
    public static void WriteAttention(AttentionSpec attention, JsonObject config)
    {
        var latent = attention.Latent!;
        config.Remove("head_dim");      // readers take it for the rotary part or for the whole
        config["q_lora_rank"] = latent.QueryRank == 0 ? null : latent.QueryRank;
        config["kv_lora_rank"] = latent.Rank;
        config["qk_nope_head_dim"] = attention.HeadDim - latent.RotaryDim;
        config["qk_rope_head_dim"] = latent.RotaryDim;
        config["v_head_dim"] = latent.ValueDim;
    }

    /// <summary>Writes groups and scale of the second and third version's routers.</summary>
    public static void WriteRouter(RouterSpec router, JsonObject config)
    {
        config["n_group"] = router.Groups?.Count ?? 1;
        config["topk_group"] = router.Groups?.Kept ?? 1;
        config["routed_scaling_factor"] = CommonConfig.Number(router.Scale);
    }
}
