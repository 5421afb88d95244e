using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>
/// LLaMA-MoE v2: Mixtral's model_type with keys of its own, by which it is told from Mixtral. A scale on the combine weights, an
/// ungated shared expert (mlp_residual), as many dense layers at the end as at the beginning, and attention whose groups of heads
/// are experts with the keys of the tokens that chose them. Stock readers of Mixtral ignore all of it.
/// </summary>
sealed class LlamaMoeV2 : IArchitecture
{
    static readonly string[] ownKeys =
    [
        "scale_factor", "moe_type", "num_moe_contract_layers", "intermediate_size_residual", "use_attn_moe", "top_k_attn", "attn_experts",
        "scale_factor_attn", "add_rescale_bias", "use_layer_wise_balance",
    ];

    public string ModelType => "llama_moe_v2";

    public bool CarriesScale => true;

    public bool NeedsCode => true;

    public Oracles VerifiedBy => Oracles.PyTorch;

    public bool Reads(HfConfig config) => config.ModelType == "mixtral" && ownKeys.Any(config.Has);

    public ModelSpec ReadSpec(HfConfig config)
    {
        if (config.TextOr("moe_type", "modulelist") is var kind && kind != "modulelist") throw config.Bad("moe_type", $"is \"{kind}\"; only modulelist is supported");
        config.Refuse("add_rescale_bias", "biases of the experts' outputs alone are not supported");
        config.Accept("use_layer_wise_balance", "router_jitter_noise");     // of training
        int experts = config.Int("num_local_experts", min: 1), width = config.Int("intermediate_size", min: 1);
        int layers = config.Int("num_hidden_layers", min: 1), dense = config.IntOr("num_moe_contract_layers", 0);
        if (2L * dense > layers) throw config.Bad("num_moe_contract_layers", $"is {dense} at each end, more than the {layers} layers there are");
        var router = new RouterSpec
        {
            Experts = experts, Chosen = config.Int("num_experts_per_tok", min: 1), Scale = (float)config.NumberOr("scale_factor", 1),
        };
        router.Validate(config.Source);
        var mixture = new MixtureSpec(router, [.. Enumerable.Repeat(width, experts)], config.IntOrNull("intermediate_size_residual", min: 1) ?? 0);
        var contract = new DenseSpec(checked(width * experts));
        var windows = WindowConfig.Everywhere(config, absent: 4096);
        return CommonConfig.Read(config, Attention(config, windows(0)), l => l < dense || l >= layers - dense ? contract : mixture, windows);
    }

    static AttentionSpec Attention(HfConfig config, int window)
    {
        var heads = CommonConfig.Heads(config);
        if (heads.Bias != AttentionBias.None) throw config.Bad("attention_bias", "is true, but this layout has no biases");
        if (!config.BoolOr("use_attn_moe", false))
        {
            config.Accept("top_k_attn", "attn_experts", "scale_factor_attn");
            return heads;
        }
        if (window != 0) throw config.Bad("sliding_window", $"is {window}; a window over the tokens that chose an attention expert is not supported");
        var experts = config.Int("attn_experts", min: 1);
        if (experts % heads.KeyValueHeads != 0 || heads.QueryHeads % experts != 0)
            throw config.Bad("attn_experts", $"is {experts}; need a multiple of num_key_value_heads ({heads.KeyValueHeads}) that divides num_attention_heads ({heads.QueryHeads})");
        // More experts than key/value heads: those that share a head have a copy each.
        heads = heads with
        {
            KeyValueHeads = experts,
            Experts = new AttentionExpertsSpec(new RouterSpec
            {
                Experts = experts, Chosen = config.Int("top_k_attn", min: 1), Scale = (float)config.Number("scale_factor_attn"),
            }, ExpertKeys.Routed, KeepFirst: false),
        };
        heads.Experts.Validate(heads, config.Source);
        return heads;
    }

    public string? WhyNot(ModelSpec spec)
    {
        var first = Contract(spec);
        if (first == spec.Layers.Count) return "it has no routed experts";
        var mixture = spec.Mixture(first);
        for (var l = 0; l < spec.Layers.Count; l++)
        {
            var atEnd = l < first || l >= spec.Layers.Count - first;
            if (spec.Layers[l].FeedForward is DenseSpec != atEnd) return "its dense layers are not as many at the end as at the beginning";
        }
        if (mixture.UniformWidth is not { } width) return "its experts have different widths";
        if (mixture.SharedGate != SharedGate.None) return "its shared expert has a gate";
        foreach (var layer in spec.Layers)
        {
            if (layer.FeedForward is DenseSpec dense && dense.Width != (long)width * mixture.Router.Experts) return "its dense layers are not as wide as all experts together";
            if (layer.FeedForward is MixtureSpec other && other != mixture) return "its mixture layers differ";
        }
        return RouterDiffers(mixture.Router, "") ?? AttentionDiffers(spec);
    }

    // How many layers at the beginning are dense.
    static int Contract(ModelSpec spec) => spec.Layers.TakeWhile(l => l.FeedForward is DenseSpec).Count();

    static string? RouterDiffers(RouterSpec router, string where) =>
        !router.SumsToScale ? $"its combine weights{where} are not renormalised"
        : CommonConfig.RouterDiffers(router) is { } reason ? reason + where : null;

    static string? AttentionDiffers(ModelSpec spec)
    {
        var experts = spec.Layers[0].Attention.Experts;
        if (spec.Layers.Any(l => l.Attention.Experts != experts)) return "its layers have different attention experts";
        if (experts is { Keys: not ExpertKeys.Routed }) return "its attention experts see the keys of all tokens";
        if (experts is { KeepFirst: true }) return "its attention experts keep the first token";
        if (experts is not null && RouterDiffers(experts.Router, " among attention experts") is { } reason) return reason;
        var heads = WindowConfig.Without(spec);
        heads = heads with { Layers = [.. heads.Layers.Select(l => l with { Attention = l.Attention with { Experts = null } })] };
        return CommonConfig.AttentionDiffers(heads, HeadNorm.None, AttentionBias.None) ?? LlamaMoeConfig.HeadsDiffer(spec) ?? WindowConfig.DifferEverywhere(spec);
    }

    public JsonObject WriteConfig(ModelSpec spec, TensorType type)
    {
        var first = Contract(spec);
        var mixture = spec.Mixture(first);
        var config = CommonConfig.Write(spec, type, "mixtral", "MixtralForCausalLM");
        config["auto_map"] = new JsonObject
        {
            ["AutoConfig"] = "configuration_mixtral.MixtralConfig",
            ["AutoModel"] = "modeling_mixtral.MixtralModel",
            ["AutoModelForCausalLM"] = "modeling_mixtral.MixtralForCausalLM",
        };
        config["intermediate_size"] = mixture.UniformWidth;
        config["intermediate_size_residual"] = mixture.SharedWidth == 0 ? null : mixture.SharedWidth;
        config["num_local_experts"] = mixture.Router.Experts;
        config["num_experts_per_tok"] = mixture.Router.Chosen;
        config["scale_factor"] = CommonConfig.Number(mixture.Router.Scale);
        config["moe_type"] = "modulelist";
        config["num_moe_contract_layers"] = first;
        var experts = spec.Layers[0].Attention.Experts?.Router;
        config["use_attn_moe"] = experts is not null;
        config["top_k_attn"] = experts?.Chosen;
        config["attn_experts"] = experts?.Experts;
        config["scale_factor_attn"] = experts is null ? null : CommonConfig.Number(experts.Scale);
        config["add_rescale_bias"] = false;
        config["use_layer_wise_balance"] = true;
        config["router_aux_loss_coef"] = 0.01;
        config["output_router_logits"] = false;
        WindowConfig.WriteEverywhere(spec, config);
        return config;
    }

    public string TensorName(string parameter) => parameter.Split('.') switch
    {
        ["model", "layers", var l, "mlp", "experts", var e, var projection, "weight"] => $"model.layers.{l}.block_sparse_moe.experts.{e}.{Weight(projection)}.weight",
        ["model", "layers", var l, "mlp", "shared_experts", var projection, "weight"] => $"model.layers.{l}.mlp_residual.{Weight(projection)}.weight",
        ["model", "layers", var l, "mlp", "gate", "weight"] => $"model.layers.{l}.block_sparse_moe.gate.weight",
        ["model", "layers", var l, "mlp", var projection, "weight"] => $"model.layers.{l}.block_sparse_moe.{Weight(projection)}.weight",
        ["model", "layers", var l, "self_attn", "experts", var a, var projection, "weight"] => $"model.layers.{l}.self_attn.{projection}.{a}.weight",
        _ => parameter,
    };

    static string Weight(string projection) => projection switch { "gate_proj" => "w1", "up_proj" => "w3", _ => "w2" };
}
