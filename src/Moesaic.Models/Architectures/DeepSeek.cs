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

    public Oracles VerifiedBy => Oracles.PyTorch | Oracles.LlamaCpp;

    public ModelSpec ReadSpec(HfConfig config)
    {
        if (config.TextOr("scoring_func", "softmax") is var scoring and not "softmax")
            throw config.Bad("scoring_func", $"is \"{scoring}\"; only softmax is supported");
        if (config.NumberOr("routed_scaling_factor", 1) is var scale and not 1)
            throw config.Bad("routed_scaling_factor", $"is {scale}, which DeepSeek's first version does not have");
        var renormalise = config.BoolOr("norm_topk_prob", false);
        return CommonConfig.Read(config, CommonConfig.Heads(config), DeepSeekConfig.FeedForward(config, (experts, chosen) => new RouterSpec
        {
            Experts = experts, Chosen = chosen, Weight = renormalise && chosen > 1 ? CombineWeight.Renormalised : CombineWeight.Raw,
        }));
    }

    public string? WhyNot(ModelSpec spec) =>
        DeepSeekConfig.WhyNot(spec, sameScale: false)
        ?? CommonConfig.RouterDiffers(spec.Layers.Select(l => l.FeedForward).OfType<MixtureSpec>().First().Router)
        ?? CommonConfig.AttentionDiffers(spec, HeadNorm.None, AttentionBias.None, AttentionBias.All);

    public JsonObject WriteConfig(ModelSpec spec, TensorType type)
    {
        var config = CommonConfig.Write(spec, type, ModelType, "DeepseekForCausalLM");
        DeepSeekConfig.WriteFeedForward(spec, config);
        return config;
    }
}
