using System.Globalization;
using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Architectures;

/// <summary>
/// DeepSeek-V3 and R1: latent attention; sigmoid affinities, a bias on the selection alone, groups compared by their two
/// best experts, weights renormalised over the chosen and times routed_scaling_factor (DeepSeek-V3 2024, section 2.1.2).
/// The layers that predict further tokens, after the last, take no part in the next token and are skipped.
/// </summary>
sealed class DeepSeekV3 : IArchitecture
{
    public string ModelType => "deepseek_v3";

    public Oracles VerifiedBy => Oracles.PyTorch | Oracles.LlamaCpp;

    public bool CarriesScale => true;

    public ModelSpec ReadSpec(HfConfig config)
    {
        if (config.TextOr("scoring_func", "sigmoid") is var scoring and not "sigmoid")
            throw config.Bad("scoring_func", $"is \"{scoring}\"; DeepSeek-V3 has sigmoid");
        if (config.TextOr("topk_method", "noaux_tc") is var method and not "noaux_tc")
            throw config.Bad("topk_method", $"is \"{method}\"; DeepSeek-V3 has noaux_tc");
        config.Accept("num_nextn_predict_layers");
        return CommonConfig.Read(config, DeepSeekConfig.Attention(config), DeepSeekConfig.FeedForward(config, (e, k) => Router(config, e, k)));
    }

    static RouterSpec Router(HfConfig config, int experts, int chosen)
    {
        var renormalise = config.BoolOr("norm_topk_prob", true);
        if (renormalise && chosen == 1)
            throw config.Bad("norm_topk_prob", "is true with one expert per token, which programs read differently");
        int groups = config.Int("n_group", min: 1), kept = config.Int("topk_group", min: 1);
        return new RouterSpec
        {
            Experts = experts,
            Chosen = chosen,
            Affinity = RouterAffinity.Sigmoid,
            SelectionBias = true,
            Groups = groups == 1 ? null : new ExpertGroups(groups, kept, GroupScore.SumOfBestTwo),
            Weight = renormalise ? CombineWeight.Renormalised : CombineWeight.Raw,
            Scale = (float)config.Number("routed_scaling_factor"),
        };
    }

    public string? WhyNot(ModelSpec spec)
    {
        if (DeepSeekConfig.WhyNot(spec, sameScale: true) is { } reason) return reason;
        var mixture = spec.Layers.Select(l => l.FeedForward).OfType<MixtureSpec>().First();
        return mixture.SharedWidth == 0 ? "it has no shared experts"
            : mixture.Router.Affinity != RouterAffinity.Sigmoid ? "its router uses softmax"
            : !mixture.Router.SelectionBias ? "its router has no bias on the selection"
            : mixture.Router.Groups is { Score: not GroupScore.SumOfBestTwo } ? "its groups of experts are compared by their best"
            : DeepSeekConfig.AttentionDiffers(spec);
    }

    public JsonObject WriteConfig(ModelSpec spec, TensorType type)
    {
        var config = CommonConfig.Write(spec, type, ModelType, "DeepseekV3ForCausalLM");
        DeepSeekConfig.WriteFeedForward(spec, config);
        DeepSeekConfig.WriteAttention(spec.Layers[0].Attention, config);
        DeepSeekConfig.WriteRouter(spec.Layers.Select(l => l.FeedForward).OfType<MixtureSpec>().First().Router, config);
        config["topk_method"] = "noaux_tc";
        config["rope_interleave"] = spec.Layers[0].Attention.Latent!.NeighbouringPairs;
        config["num_nextn_predict_layers"] = 0;
        return config;
    }

    public string? WhyIgnored(ModelSpec spec, string tensor) =>
        tensor.Split('.') is ["model", "layers", var number, ..]
        && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var layer) && layer >= spec.Layers.Count
            ? "it predicts further tokens than the next" : null;
}
