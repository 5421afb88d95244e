using Moesaic.Formats;

namespace Moesaic.Models.Gguf;

/// <summary>
/// "deepseek2": DeepSeek-V2 and V3, latent attention, the first layers dense, then experts beside shared ones. Groups are
/// always compared by their two best experts, and the norms of the latents have the epsilon of all others.
/// </summary>
sealed class GgufDeepSeek2 : IGgufArchitecture
{
    const int Softmax = 1, Sigmoid = 2;

    public string Name => "deepseek2";

    public bool NeighbouringPairs => true;

    public bool CarriesScale => true;

    public IReadOnlyList<LayerSpec> ReadLayers(GgufKeys keys)
    {
        int layers = keys.Layers(), leading = keys.Int(GgufKeys.LeadingDense), width = keys.Int(GgufKeys.ExpertLength, min: 1);
        var (attention, router) = (ReadAttention(keys), ReadRouter(keys, leading));
        router.Validate(keys.Metadata.Source);
        var mixture = new LayerSpec(attention, new MixtureSpec(router, [.. Enumerable.Repeat(width, router.Experts)],
            keys.Product(GgufKeys.SharedCount, keys.Int(GgufKeys.SharedCount), width)));
        var dense = new LayerSpec(attention, new DenseSpec(keys.Int(GgufKeys.FeedForwardLength, min: 1)));
        return [.. Enumerable.Range(0, layers).Select(l => l < leading ? dense : mixture)];
    }

    static RouterSpec ReadRouter(GgufKeys keys, int leading)
    {
        var gating = keys.IntOrNull(GgufKeys.GatingFunction) ?? Softmax;
        if (gating is 0) gating = Softmax;
        if (gating is not (Softmax or Sigmoid)) throw keys.Bad(GgufKeys.GatingFunction, $"is {gating}; need 1 (softmax) or 2 (sigmoid)");
        int groups = keys.IntOrNull(GgufKeys.GroupCount) ?? 0, kept = keys.IntOrNull(GgufKeys.GroupUsedCount) ?? 0;
        if (groups > 1 && gating == Softmax)
            throw keys.Bad(GgufKeys.GroupCount, $"is {groups} beside softmax: DeepSeek-V2 compares groups by their best expert, "
                + "readers of this file by their two best");
        var biased = FormattableString.Invariant($"blk.{leading}.exp_probs_b.bias");
        return new RouterSpec
        {
            Experts = keys.Experts(),
            Chosen = keys.Int(GgufKeys.ExpertUsedCount, min: 1),
            Affinity = gating == Sigmoid ? RouterAffinity.Sigmoid : RouterAffinity.SoftmaxBeforeSelection,
            SelectionBias = keys.Writing ? gating == Sigmoid : keys.HasTensor(biased),
            Groups = groups > 1 ? new ExpertGroups(groups, kept, GroupScore.SumOfBestTwo) : null,
            Weight = keys.Metadata.FlagOrNull(keys.Full(GgufKeys.WeightsNorm)) is true ? CombineWeight.Renormalised : CombineWeight.Raw,
            Scale = keys.Metadata.NumberOrNull(keys.Full(GgufKeys.WeightsScale)) is { } scale and not 0 ? (float)scale : 1,
        };
    }

    static AttentionSpec ReadAttention(GgufKeys keys)
    {
        int heads = keys.Int(GgufKeys.HeadCount, min: 1), rank = keys.Int(GgufKeys.LatentRank, min: 1);
        var turned = keys.Int(GgufKeys.RopeDimensions, min: 2);
        // With these two keys, others state the one shared head that a latent is when it is multiplied with the queries.
        int whole = keys.IntOrNull(GgufKeys.KeyLengthLatent, min: 4) ?? keys.Int(GgufKeys.KeyLength, min: 4);
        int value = keys.IntOrNull(GgufKeys.ValueLengthLatent, min: 1) ?? keys.Int(GgufKeys.ValueLength, min: 1);
        if (keys.Metadata.Has(keys.Full(GgufKeys.KeyLengthLatent)))
            keys.Metadata.Accept(keys.Full(GgufKeys.KeyLength), keys.Full(GgufKeys.ValueLength), keys.Full(GgufKeys.KeyValueHeadCount));
        else if (keys.IntOrNull(GgufKeys.KeyValueHeadCount) is { } shared && shared != heads)
            throw keys.Bad(GgufKeys.KeyValueHeadCount, $"is {shared}; latent attention has as many as heads ({heads})");
        if (turned % 2 != 0 || turned >= whole || whole % 2 != 0)
            throw keys.Bad(GgufKeys.RopeDimensions, $"is {turned} of {whole}; both must be even, the first smaller");
        return new AttentionSpec(heads, heads, whole)
        {
            ScoreFactor = GgufRope.ScoreFactor(keys),
            Latent = new LatentSpec(keys.IntOrNull(GgufKeys.QueryRank) ?? 0, rank, turned, value)
            {
                NormEpsilon = (float)keys.Metadata.Number(keys.Full(GgufKeys.NormEpsilon)),
            },
        };
    }

    public string? WhyNot(ModelSpec spec)
    {
        var leading = spec.Layers.TakeWhile(l => l.FeedForward is DenseSpec).ToList();
        if (leading.Count == spec.Layers.Count) return "it has no routed experts";
        var first = spec.Layers[leading.Count];
        if (first.Attention.Latent is not { } latent) return "its attention goes through no latent";
        if (spec.Layers.Any(l => l.Attention != first.Attention) || leading.Any(l => l != leading[0])
            || spec.Layers.Skip(leading.Count).Any(l => l != first)) return "its layers differ";
        var mixture = (MixtureSpec)first.FeedForward;
        return !latent.NeighbouringPairs ? "its rotary pairs are halves"
            : latent.NormEpsilon != spec.NormEpsilon ? "the norms of its latents have another epsilon than the others"
            : latent.QueryRank == 0 && spec.Layers.Count is not (26 or 27)
                ? "its queries go through no latent, which readers expect of DeepSeek-V2-Lite's 26 or 27 layers alone"
            : mixture.UniformWidth is not { } width ? "its experts have different widths"
            : mixture.SharedGate != SharedGate.None ? "its shared expert has a gate"
            : mixture.SharedWidth == 0 ? "it has no shared experts"
            : mixture.SharedWidth % width != 0 ? "the shared width is no multiple of the expert width"
            : mixture.Router.Groups is { } && mixture.Router is { Affinity: not RouterAffinity.Sigmoid } or { Groups.Score: GroupScore.Best }
                ? "its groups of experts are compared by their best"
            : mixture.Router.SelectionBias != (mixture.Router.Affinity == RouterAffinity.Sigmoid)
                ? "its selection is biased without sigmoids, or not biased with them"
            : spec.Rope is { Scaling: RopeScaling.Yarn } rope && (rope.Gain != 1 || rope.MScaleAllDim == 0)
                ? "its stretched context has a factor on the rotary part alone" : null;
    }

    public void WriteLayers(ModelSpec spec, GgufKeys keys)
    {
        var leading = spec.Layers.TakeWhile(l => l.FeedForward is DenseSpec).ToList();
        var mixture = spec.Mixture(leading.Count);
        WriteAttention(spec.Layers[0].Attention, keys);
        keys.Set(GgufKeys.LeadingDense, leading.Count);
        // Wanted by readers even when no layer is dense: then the width the dense parent would have had.
        keys.Set(GgufKeys.FeedForwardLength, leading.Count > 0
            ? ((DenseSpec)leading[0].FeedForward).Width : mixture.ExpertWidths.Sum() + mixture.SharedWidth);
        keys.Set(GgufKeys.ExpertLength, mixture.ExpertWidths[0]);
        keys.Set(GgufKeys.SharedCount, mixture.SharedWidth / mixture.ExpertWidths[0]);
        WriteRouter(mixture.Router, keys);
    }

    static void WriteAttention(AttentionSpec attention, GgufKeys keys)
    {
        var latent = attention.Latent!;
        keys.Set(GgufKeys.HeadCount, attention.QueryHeads);
        keys.Set(GgufKeys.KeyValueHeadCount, attention.QueryHeads);
        keys.Set(GgufKeys.KeyLength, attention.HeadDim);
        keys.Set(GgufKeys.ValueLength, latent.ValueDim);
        keys.Set(GgufKeys.RopeDimensions, latent.RotaryDim);
        keys.Set(GgufKeys.LatentRank, latent.Rank);
        if (latent.QueryRank > 0) keys.Set(GgufKeys.QueryRank, latent.QueryRank);
    }

    static void WriteRouter(RouterSpec router, GgufKeys keys)
    {
        keys.Set(GgufKeys.ExpertCount, router.Experts);
        keys.Set(GgufKeys.ExpertUsedCount, router.Chosen);
        keys.Set(GgufKeys.WeightsScale, router.Scale);
        keys.Set(GgufKeys.WeightsNorm, router.Weight == CombineWeight.Renormalised);
        keys.Set(GgufKeys.GatingFunction, router.Affinity == RouterAffinity.Sigmoid ? Sigmoid : Softmax);
        if (router.Groups is not { } groups) return;
        keys.Set(GgufKeys.GroupCount, groups.Count);
        keys.Set(GgufKeys.GroupUsedCount, groups.Kept);
    }
}
