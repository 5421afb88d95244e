using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>
/// DeepSeek-V2: latent attention; softmax over all experts, optionally only within the groups whose best expert is
/// highest, times routed_scaling_factor (DeepSeek-V2 2024, sections 2.1 and 2.2).
/// </summary>
sealed class DeepSeekV2 : IArchitecture
{
    public string ModelType => "deepseek_v2";

    public Oracles VerifiedBy => Oracles.PyTorch | Oracles.LlamaCpp;

    public bool CarriesScale => true;

    public ModelSpec ReadSpec(HfConfig config)
    {
        if (config.TextOr("scoring_func", "softmax") is var scoring and not "softmax")
            throw config.Bad("scoring_func", $"is \"{scoring}\"; DeepSeek-V2 has softmax");
        return CommonConfig.Read(config, DeepSeekConfig.Attention(config), DeepSeekConfig.FeedForward(config, (e, k) => Router(config, e, k)));
    }

    static RouterSpec Router(HfConfig config, int experts, int chosen)
    {
        var renormalise = config.BoolOr("norm_topk_prob", false) && chosen > 1;
        var scale = (float)config.NumberOr("routed_scaling_factor", 1);
        // DeepSeek's code then leaves the factor out, llama.cpp applies it, and Hugging Face's does not renormalise.
        if (renormalise && scale != 1)
            throw config.Bad("norm_topk_prob", $"is true beside a routed_scaling_factor of {scale}, which programs read differently");
        int groups = config.IntOr("n_group", 1, min: 1), kept = config.IntOr("topk_group", 1, min: 1);
        return new RouterSpec
        {
            Experts = experts,
            Chosen = chosen,
            Weight = renormalise ? CombineWeight.Renormalised : CombineWeight.Raw,
            Scale = scale,
            Groups = config.TextOr("topk_method", "greedy") switch
            {
                "greedy" => null,
                "group_limited_greedy" => new ExpertGroups(groups, kept, GroupScore.Best),
                var other => throw config.Bad("topk_method", $"is \"{other}\"; need greedy or group_limited_greedy"),
            },
        };
    }

    public string? WhyNot(ModelSpec spec)
    {
        if (DeepSeekConfig.WhyNot(spec, sameScale: true) is { } reason) return reason;
        var router = spec.Layers.Select(l => l.FeedForward).OfType<MixtureSpec>().First().Router;
        return router.Affinity == RouterAffinity.Sigmoid ? "its router uses sigmoids"
            : router.SelectionBias ? "its router has a bias on the selection"
            : router.SumsToScale ? "its combine weights are renormalised, which programs read differently in this layout"
            : router.Groups is { Score: not GroupScore.Best } ? "its groups of experts are compared by their two best"
            : DeepSeekConfig.AttentionDiffers(spec)
            ?? (spec.Layers[0].Attention.Latent!.NeighbouringPairs ? null : "its rotary pairs are halves");
    }

    public JsonObject WriteConfig(ModelSpec spec, TensorType type)
    {
        var config = CommonConfig.Write(spec, type, ModelType, "DeepseekV2ForCausalLM");
        var router = spec.Layers.Select(l => l.FeedForward).OfType<MixtureSpec>().First().Router;
        DeepSeekConfig.WriteFeedForward(spec, config);
        DeepSeekConfig.WriteAttention(spec.Layers[0].Attention, config);
        DeepSeekConfig.WriteRouter(router, config);
        config["topk_method"] = router.Groups is null ? "greedy" : "group_limited_greedy";
        return config;
    }
}
