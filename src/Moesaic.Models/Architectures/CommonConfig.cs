using System.Globalization;
using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>The keys of config.json that all LLaMA-like layouts share.</summary>
static class CommonConfig
{
    /// <summary>Ten times what anybody trains: more is a damaged file, and would cost memory before it is found out.</summary>
    const int MostLayers = 10_000;

    /// <summary>Keys that change the mathematics and that no layout here implements.</summary>
    static readonly string[] changesMaths =
    [
        "mlp_bias", "attention_bias", "sliding_window", "use_sliding_window", "partial_rotary_factor", "logit_scale", "logits_scaling",
        "embedding_multiplier", "residual_multiplier", "attention_multiplier", "final_logit_softcapping", "attn_logit_softcapping",
        "clip_qkv", "use_qk_norm", "layer_types", "no_rope_layers",
    ];

    /// <summary>Keys that only matter to other programs or to training from scratch.</summary>
    static readonly string[] harmless =
    [
        "architectures", "model_type", "transformers_version", "use_cache", "initializer_range", "attention_dropout", "pretraining_tp",
        "dtype", "torch_dtype", "auto_map", "_name_or_path", "output_router_logits", "router_aux_loss_coef",
    ];

    /// <summary>Grouped-query attention by the usual keys.</summary>
    /// <param name="config">The file.</param>
    /// <param name="defaultHeadDim">What the family takes without a head_dim; null for hidden_size / heads.</param>
    public static AttentionSpec Heads(HfConfig config, int? defaultHeadDim = null)
    {
        int width = config.Int("hidden_size", min: 1), heads = config.Int("num_attention_heads", min: 1);
        var keyValueHeads = config.IntOr("num_key_value_heads", heads, min: 1);
        if (heads % keyValueHeads != 0)
            throw config.Bad("num_key_value_heads", $"is {keyValueHeads}, which does not divide num_attention_heads ({heads})");
        if (!config.Has("head_dim") && defaultHeadDim is null && width % heads != 0)
            throw config.Bad("num_attention_heads", $"is {heads}, which does not divide hidden_size ({width}), and there is no head_dim");
        var headDim = config.IntOr("head_dim", defaultHeadDim ?? width / heads, min: 2);
        if (headDim % 2 != 0) throw config.Bad("head_dim", $"is {headDim}; the rotary embedding needs an even width");
        return new AttentionSpec(heads, keyValueHeads, headDim,
            config.BoolOr("attention_bias", false) ? AttentionBias.All : AttentionBias.None);
    }

    /// <summary>The rest of the shape. Every layer has the same attention, but for its window.</summary>
    /// <param name="config">The file.</param>
    /// <param name="attention">Of every layer.</param>
    /// <param name="feedForward">Of each layer.</param>
    /// <param name="windows">Of each layer, from <see cref="WindowConfig"/>; null when the family has none.</param>
    public static ModelSpec Read(
        HfConfig config, AttentionSpec attention, Func<int, FeedForwardSpec> feedForward, Func<int, int>? windows = null)
    {
        if (windows is null) WindowConfig.Refuse(config);
        if (config.TextOr("hidden_act", "silu") is var activation and not ("silu" or "swish"))
            throw config.Bad("hidden_act", $"is \"{activation}\"; only silu (SwiGLU) is supported");
        var spec = new ModelSpec
        {
            VocabularySize = config.Int("vocab_size", min: 1),
            Width = config.Int("hidden_size", min: 1),
            MaxPositions = Positions(config),
            NormEpsilon = (float)config.NumberOr("rms_norm_eps", 1e-6),
            Rope = config.Rope(),
            TiedEmbeddings = config.BoolOr("tie_word_embeddings", false),
            Layers = [.. Enumerable.Range(0, config.Int("num_hidden_layers", min: 1, max: MostLayers)).Select(Layer)],
            BosId = config.IntOrNull("bos_token_id"),
            EosIds = config.Ints("eos_token_id"),
            PadId = config.IntOrNull("pad_token_id", min: -1) is { } pad and >= 0 ? pad : null,
        };
        config.Accept(harmless);
        config.Finish(changesMaths);
        return spec;

        LayerSpec Layer(int l) => new(windows is null ? attention : attention with { Window = windows(l) }, feedForward(l));
    }

    /// <summary>The longest context.</summary>
    public static int Positions(HfConfig config) => config.IntOr("max_position_embeddings", 2048, min: 1);

    public static JsonObject Write(ModelSpec spec, TensorType type, string modelType, string className)
    {
        var attention = spec.Layers[0].Attention;
        var config = new JsonObject
        {
            ["architectures"] = new JsonArray(className),
            ["model_type"] = modelType,
            ["vocab_size"] = spec.VocabularySize,
            ["hidden_size"] = spec.Width,
            ["num_hidden_layers"] = spec.Layers.Count,
            ["num_attention_heads"] = attention.QueryHeads,
            ["num_key_value_heads"] = attention.KeyValueHeads,
            ["head_dim"] = attention.HeadDim,
            ["attention_bias"] = attention.Bias == AttentionBias.All,
            ["max_position_embeddings"] = spec.MaxPositions,
            ["rms_norm_eps"] = Number(spec.NormEpsilon),
            ["hidden_act"] = "silu",
            ["tie_word_embeddings"] = spec.TiedEmbeddings,
            ["sliding_window"] = null,
            ["use_cache"] = true,
        };
        if (spec.BosId is { } bos) config["bos_token_id"] = bos;
        if (spec.EosIds.Count == 1) config["eos_token_id"] = spec.EosIds[0];
        else if (spec.EosIds.Count > 1) config["eos_token_id"] = new JsonArray([.. spec.EosIds.Select(e => (JsonNode)e)]);
        if (spec.PadId is { } pad) config["pad_token_id"] = pad;
        HfConfigSpelling.SetDType(config, type);
        HfConfigSpelling.SetRope(config, spec.Rope);
        return config;
    }

    /// <summary>A float as the shortest decimal that reads back to it: 1e-05, not 9.999999747378752e-06.</summary>
    public static double Number(float value) =>
        double.Parse(value.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>Why attention keeps a shape out of a layout whose layers all have the same grouped-query attention.</summary>
    /// <param name="spec">The shape.</param>
    /// <param name="norm">The norm of queries and keys that the layout has.</param>
    /// <param name="biases">The biases that its config.json can state.</param>
    public static string? AttentionDiffers(ModelSpec spec, HeadNorm norm, params ReadOnlySpan<AttentionBias> biases)
    {
        var attention = spec.Layers[0].Attention;
        return ExpertAttention(spec) ?? UnevenAttention(spec)
            ?? (attention.Latent is not null ? "its attention goes through a latent"
            : attention.Norm != norm
                ? attention.Norm == HeadNorm.None ? "its queries and keys are not normed" : "its queries and keys are normed differently"
            : attention.Sinks ? "its attention has sinks"
            : attention.Window != 0 ? "its attention has a sliding window"
            : attention.ScoreFactor != 1 ? "its attention scores have a factor"
            : !biases.Contains(attention.Bias) ? attention.Bias switch
            {
                AttentionBias.None => "its attention has no biases",
                AttentionBias.QueryKeyValue => "its queries, keys and values have biases and its attention's output has none",
                _ => "its attention has biases",
            }
            : null);
    }

    /// <summary>That heads are experts keeps a shape out of all published layouts.</summary>
    public static string? ExpertAttention(ModelSpec spec) => spec.AttentionExpertLayers.Any() ? "its attention is made of experts" : null;

    /// <summary>Why what stands between the matrices of feed-forwards keeps a shape out of all published layouts.</summary>
    public static string? FormsDiffer(ModelSpec spec)
    {
        foreach (var layer in spec.Layers)
        {
            if (layer.FeedForward is AbsentSpec) return "some of its layers have no feed-forward";
            if (layer.FeedForward is MixtureSpec { HasAbsent: true }) return "some experts that its router chooses are not there";
            var activation = layer.FeedForward switch { DenseSpec d => d.Activation, MixtureSpec m => m.Activation, _ => Activation.Swiglu };
            if (activation != Activation.Swiglu) return $"its feed-forwards have no gate ({MoesaicLayout.Name(activation)})";
            if (layer.FeedForward is MixtureSpec { SharedGate: SharedGate.Mix }) return "its shared and routed experts are weighed against each other";
        }
        return null;
    }

    /// <summary>Why heads keep a shape out of layouts where all layers have the same.</summary>
    public static string? UnevenAttention(ModelSpec spec) =>
        spec.Layers.Any(l => l.Attention != spec.Layers[0].Attention) ? "its layers have different attention heads" : null;

    /// <summary>Why a router is not the plain one: linear, softmax over all experts, the best of all, no bias.</summary>
    public static string? RouterDiffers(RouterSpec router) =>
        ScoreDiffers(router) is { } reason ? reason
        : router.Bias ? "its router has a bias"
        : router.Affinity == RouterAffinity.Sigmoid ? "its router uses sigmoids"
        : router.SelectionBias ? "its router has a bias on the selection"
        : router.Groups is not null ? "its router limits tokens to groups of experts" : null;

    // Slots that no published layout has a key for.
    static string? PipelineDiffers(RouterSpec router) =>
        router.Key != RouterKey.Token ? $"its router decides by {MoesaicLayout.Name(router.Key)}, not by token"
        : router is { Score: RouterScore.Linear, ScoreWidth: > 0 } ? "its router's first layer is not as wide as it has experts"
        : router.Norm is not null ? "its router normalises logits"
        : router.Temperature != 1 ? "its router has a temperature"
        : router.Noise is not (RouterNoise.None or RouterNoise.Learned) ? "its router trains with noise"
        : router.Affinity == RouterAffinity.Relu ? "its router uses ReLU"
        : router.Selection != SelectionRule.TopK ? "its router does not choose the K best"
        : router.Groups is { Score: GroupScore.Own } ? "its groups of experts have a router of their own"
        : router.Groups is { PerGroup: not 0 } ? "its router chooses as many experts of each group"
        : router.RenormaliseAfterDrops || router.Capacity is not null ? "its experts have a capacity"
        : router.Group != RoutingGroup.Sequence ? "its router looks at a whole pass"
        : router.Policy is not null ? "its router has a routing policy"
        : router.Map is not null ? "its router maps probabilities"
        : router.PassThrough ? "its router gives tokens their own input"
        : router.Training is not null ? "its router trains otherwise than it decides" : null;

    /// <summary>Why the logits of a router are not those of a plain linear one.</summary>
    public static string? ScoreDiffers(RouterSpec router) =>
        router.Score switch
        {
            RouterScore.Mlp => "its router scores experts by two layers",
            RouterScore.Swiglu => "its router scores experts by a neuron each",
            RouterScore.Cosine => "its router scores experts by a cosine",
            RouterScore.Table => "its router has a table of logits",
            RouterScore.Hash => "its router hashes tokens",
            _ => PipelineDiffers(router) is { } reason ? reason
                : router.Weight == CombineWeight.One ? "its chosen experts have weight 1"
                : router.Noise != RouterNoise.None ? "its router learns the noise of its training" : null,
        };
}
