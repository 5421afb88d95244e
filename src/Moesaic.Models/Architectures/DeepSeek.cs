using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>
/// DeepSeekMoE, first version: ordinary attention, the first layers dense, fine-grained experts beside ungated shared
/// ones, softmax over all experts (Dai et al. 2024, equations 9 to 11). norm_topk_prob has no effect with one expert per
/// token, as in the published model code.
/// </summary>
sealed class DeepSeek : IArchitecture
{
    public string ModelType => "deepseek";

    public ModelSpec ReadSpec(HfConfig config)
    {
        var dense = new DenseSpec(config.Int("intermediate_size", min: 1));
        FeedForwardSpec mixture = dense;
        int first = config.IntOr("first_k_dense_replace", 0), every = config.IntOr("moe_layer_freq", 1, min: 1);
        if (config.TextOr("scoring_func", "softmax") is var scoring and not "softmax")
            throw config.Bad("scoring_func", $"is \"{scoring}\"; only softmax is supported");
        if (config.NumberOr("routed_scaling_factor", 1) is var scale and not 1)
            throw config.Bad("routed_scaling_factor", $"is {scale}, which DeepSeek's first version does not have");
        var renormalise = config.BoolOr("norm_topk_prob", false);
        if (config.IntOrNull("n_routed_experts", min: 1) is { } experts)
        {
            int width = config.Int("moe_intermediate_size", min: 1), chosen = config.Int("num_experts_per_tok", min: 1);
            var router = new RouterSpec
            {
                Experts = experts,
                Chosen = chosen,
                Weight = renormalise && chosen > 1 ? CombineWeight.Renormalised : CombineWeight.Raw,
            };
            router.Validate(config.Source);
            mixture = new MixtureSpec(router, [.. Enumerable.Repeat(width, experts)],
                checked(config.IntOr("n_shared_experts", 0) * width));
        }
        config.Accept("aux_loss_alpha", "seq_aux", "moe_intermediate_size", "num_experts_per_tok", "n_shared_experts");
        return CommonConfig.Read(config, l => l >= first && l % every == 0 ? mixture : dense);
    }

    public string? WhyNot(ModelSpec spec)
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
            if (other with { Router = other.Router with { Scale = mixture.Router.Scale } } != mixture)
                return "its mixture layers differ";
            if (other.SharedWidth % width != 0) return "the shared width is no multiple of the expert width";
            if (other.Router is { Chosen: 1, SumsToScale: true }) return "it renormalises the weight of a single expert";
        }
        return CommonConfig.UnevenAttention(spec);
    }

    public JsonObject WriteConfig(ModelSpec spec, TensorType type)
    {
        var first = spec.Layers.TakeWhile(l => l.FeedForward is DenseSpec).Count();
        var mixture = (MixtureSpec)spec.Layers[first].FeedForward;
        var width = mixture.UniformWidth!.Value;
        var config = CommonConfig.Write(spec, type, ModelType, "DeepseekForCausalLM");
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
        config["scoring_func"] = "softmax";
        config["aux_loss_alpha"] = 0.01;
        config["seq_aux"] = false;
        return config;
    }
}
