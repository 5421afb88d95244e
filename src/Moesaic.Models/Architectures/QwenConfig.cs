using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>What the layouts of Qwen's mixtures share: which layers are sparse, and how experts are chosen.</summary>
static class QwenConfig
{
    /// <summary>Layer l is a mixture when it is not in mlp_only_layers and l + 1 is a multiple of decoder_sparse_step.</summary>
    public static Func<int, FeedForwardSpec> FeedForward(HfConfig config, int sharedWidth)
    {
        int experts = config.Int("num_experts"), step = config.IntOr("decoder_sparse_step", 1, min: 1);
        var onlyDense = config.Ints("mlp_only_layers");
        var dense = new DenseSpec(config.Int("intermediate_size", min: 1));
        if (experts == 0) return _ => dense;
        var router = new RouterSpec
        {
            Experts = experts,
            Chosen = config.Int("num_experts_per_tok", min: 1),
            Weight = config.BoolOr("norm_topk_prob", false) ? CombineWeight.Renormalised : CombineWeight.Raw,
        };
        router.Validate(config.Source);
        var mixture = new MixtureSpec(router, [.. Enumerable.Repeat(config.Int("moe_intermediate_size", min: 1), experts)], sharedWidth)
        {
            SharedGate = sharedWidth > 0 ? SharedGate.Sigmoid : SharedGate.None,
        };
        return l => onlyDense.Contains(l) || (l + 1) % step != 0 ? dense : mixture;
    }

    /// <summary>Why the feed-forwards keep a shape out; dense layers may be anywhere.</summary>
    public static string? WhyNot(ModelSpec spec)
    {
        var mixtures = spec.Layers.Select(l => l.FeedForward).OfType<MixtureSpec>().ToArray();
        if (mixtures.Length == 0) return "it has no routed experts";
        if (spec.Layers.Select(l => l.FeedForward).OfType<DenseSpec>().Distinct().Count() > 1) return "its dense layers have different widths";
        var first = mixtures[0];
        foreach (var mixture in mixtures)
        {
            if (mixture.UniformWidth is null) return "its experts have different widths";
            if (CommonConfig.RouterDiffers(mixture.Router) is { } reason) return reason;
            if (mixture.Router.SumsToScale != first.Router.SumsToScale || mixture.Router.Chosen != first.Router.Chosen
                || mixture.SharedWidth != first.SharedWidth || mixture.SharedGate != first.SharedGate
                || !mixture.ExpertWidths.SequenceEqual(first.ExpertWidths)) return "its mixture layers differ";
        }
        return null;
    }

    /// <summary>Writes what <see cref="FeedForward"/> reads.</summary>
    public static void Write(ModelSpec spec, JsonObject config)
    {
        var mixture = spec.Layers.Select(l => l.FeedForward).OfType<MixtureSpec>().First();
        // Required by readers even when no layer is dense: then the width the dense parent would have had.
        config["intermediate_size"] = spec.Layers.Select(l => l.FeedForward).OfType<DenseSpec>().FirstOrDefault()?.Width
            ?? mixture.ExpertWidths.Sum() + mixture.SharedWidth;
        config["num_experts"] = mixture.Router.Experts;
        config["num_experts_per_tok"] = mixture.Router.Chosen;
        config["moe_intermediate_size"] = mixture.UniformWidth;
        config["norm_topk_prob"] = mixture.Router.SumsToScale;
        config["decoder_sparse_step"] = 1;
        config["mlp_only_layers"] = new JsonArray([.. Enumerable.Range(0, spec.Layers.Count)
            .Where(l => spec.Layers[l].FeedForward is DenseSpec).Select(l => (JsonNode)l)]);
        config["router_aux_loss_coef"] = 0.001;
        config["output_router_logits"] = false;
        config["use_sliding_window"] = false;
    }
}
