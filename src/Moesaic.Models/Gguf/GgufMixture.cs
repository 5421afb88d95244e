using Moesaic.Models.Architectures;

namespace Moesaic.Models.Gguf;

/// <summary>
/// "qwen2moe", "qwen3moe" and "olmoe": every layer the same mixture, softmax over all experts. Whether the combine weights are
/// renormalised no key says: the architecture's name does.
/// </summary>
/// <param name="name">general.architecture.</param>
/// <param name="norm">Norm of queries and keys.</param>
/// <param name="weight">What an expert's output is multiplied by.</param>
/// <param name="shared">Whether a shared expert stands beside the routed ones, with a gate.</param>
/// <param name="widthKey">The key of an expert's width.</param>
sealed class GgufMixture(string name, HeadNorm norm, CombineWeight weight, bool shared, string widthKey) : IGgufArchitecture
{
    public string Name => name;

    public bool NeighbouringPairs => false;

    public IReadOnlyList<LayerSpec> ReadLayers(GgufKeys keys)
    {
        int experts = keys.Experts(), width = keys.Int(widthKey, min: 1);
        keys.Only(GgufKeys.WeightsScale, 1);
        keys.Only(GgufKeys.GatingFunction, 1);
        if (widthKey != GgufKeys.FeedForwardLength) keys.Metadata.Accept(keys.Full(GgufKeys.FeedForwardLength));
        var router = new RouterSpec { Experts = experts, Chosen = keys.Int(GgufKeys.ExpertUsedCount, min: 1), Weight = weight };
        router.Validate(keys.Metadata.Source);
        var mixture = new MixtureSpec(router, [.. Enumerable.Repeat(width, experts)], shared ? keys.Int(GgufKeys.SharedLength, min: 1) : 0)
        {
            SharedGate = shared ? SharedGate.Sigmoid : SharedGate.None,
        };
        return [.. Enumerable.Repeat(new LayerSpec(keys.ReadAttention() with { Norm = norm }, mixture), keys.Layers())];
    }

    public string? WhyNot(ModelSpec spec)
    {
        if (spec.Layers.Any(l => l != spec.Layers[0])) return "its layers differ";
        if (spec.Layers[0].FeedForward is not MixtureSpec mixture) return "it has no routed experts";
        return mixture.UniformWidth is null ? "its experts have different widths"
            : mixture.SharedWidth > 0 != shared ? shared ? "it has no shared expert" : "it has shared experts"
            : mixture.SharedGate == SharedGate.Sigmoid != shared ? "its shared expert has no gate"
            : CommonConfig.RouterDiffers(mixture.Router)
            ?? (mixture.Router.SumsToScale != (weight == CombineWeight.Renormalised)
                ? $"its combine weights are {(mixture.Router.SumsToScale ? "" : "not ")}renormalised"
            : weight == CombineWeight.Raw && spec.TiedEmbeddings ? "its head is the embedding table"
            : norm == HeadNorm.Projection && spec.Layers[0].Attention.KeyValueHeads != spec.Layers[0].Attention.QueryHeads
                ? "its query heads share key heads"
            : GgufAttention.Differs(spec, norm, headsFillWidth: weight == CombineWeight.Raw,
                shared ? [AttentionBias.QueryKeyValue, AttentionBias.None] : [AttentionBias.None]));
    }

    public void WriteLayers(ModelSpec spec, GgufKeys keys)
    {
        var mixture = spec.Mixture(0);
        keys.WriteAttention(spec.Layers[0].Attention);
        // Wanted by readers although no layer is dense: then the width the dense parent would have had.
        keys.Set(GgufKeys.FeedForwardLength, mixture.ExpertWidths.Sum() + mixture.SharedWidth);
        keys.Set(widthKey, mixture.ExpertWidths[0]);
        keys.Set(GgufKeys.ExpertCount, mixture.Router.Experts);
        keys.Set(GgufKeys.ExpertUsedCount, mixture.Router.Chosen);
        if (shared) keys.Set(GgufKeys.SharedLength, mixture.SharedWidth);
    }
}
