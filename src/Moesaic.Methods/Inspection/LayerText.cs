using Moesaic.Models;

namespace Moesaic.Methods.Inspection;

/// <summary>A layer in words: everything that its shape says and plain layers do not have.</summary>
static class LayerText
{
    public static string Of(AttentionSpec attention)
    {
        var text = FormattableString.Invariant($"{attention.QueryHeads} heads of {attention.HeadDim}, {attention.KeyValueHeads} key/value");
        text += attention.Bias switch
        {
            AttentionBias.None => "",
            AttentionBias.QueryKeyValue => ", queries, keys and values biased",
            _ => ", biased",
        };
        text += attention.Norm switch
        {
            HeadNorm.None => "",
            HeadNorm.Head => ", heads normed",
            _ => ", queries and keys normed",
        };
        if (attention.Sinks) text += ", sinks";
        if (attention.Window > 0) text += FormattableString.Invariant($", window of {attention.Window}");
        if (attention.Latent is { } latent)
            text += FormattableString.Invariant($", latent of {latent.Rank}, {latent.RotaryDim} rotated, values of {latent.ValueDim}")
                + (latent.QueryRank > 0 ? FormattableString.Invariant($", queries through {latent.QueryRank}") : "");
        if (attention.Experts is { } experts)
            text += $", {PerToken(experts.Router)} groups as experts"
                + experts.Keys switch { ExpertKeys.Routed => ", keys routed", ExpertKeys.All => ", keys of all tokens", _ => ", keys shared" } + (experts.KeepFirst ? ", first token kept" : "")
                + Of(experts.Router);
        return text + (attention.ScoreFactor != 1 ? FormattableString.Invariant($", scores times {attention.ScoreFactor}") : "");
    }

    public static string Of(FeedForwardSpec feedForward) => feedForward switch
    {
        DenseSpec dense => FormattableString.Invariant($"dense, width {dense.Width}") + Of(dense.Activation),
        MixtureSpec mixture => $"{PerToken(mixture.Router)} experts, width "
            + Widths(mixture.ExpertWidths)
            + (mixture.SharedWidth > 0 ? FormattableString.Invariant($", shared width {mixture.SharedWidth}") : "")
            + (mixture.ExpertBias ? ", biased" : "")
            + (mixture.Clamp is { } clamp ? FormattableString.Invariant($", cut off at {clamp.Limit}") : "")
            + (mixture.SharedGate switch { SharedGate.None => "", SharedGate.Sigmoid => " with a gate", _ => " mixed in" })
            + Of(mixture.Activation) + Of(mixture.Router),
        AbsentSpec => "none",
        _ => feedForward.GetType().Name,
    };

    static string PerToken(RouterSpec router) =>
        FormattableString.Invariant($"{(router.PerTokenVaries ? "about " : "")}{router.PerToken} of {router.Experts}");

    static string Widths(IReadOnlyList<int> all)
    {
        int[] present = [.. all.Where(w => w > 0)];
        return (present.Distinct().Count() == 1 ? FormattableString.Invariant($"{present[0]}") : string.Join(", ", present))
            + (present.Length < all.Count ? FormattableString.Invariant($" ({all.Count - present.Length} not there)") : "");
    }

    static string Of(Activation activation) => activation switch
    {
        Activation.Swiglu => "",
        Activation.Relu => ", ReLU",
        Activation.SquaredRelu => ", squared ReLU",
        Activation.Gelu => ", GELU",
        _ => ", GELU by tanh",
    };

    static string Of(RouterSpec router) =>
        (router.Key switch
        {
            RouterKey.Token or RouterKey.TokenId => "",
            RouterKey.Sequence => ", by the sequence's mean",
            RouterKey.Prefix => ", by the mean so far",
            RouterKey.Task => FormattableString.Invariant($", by task of {router.Keys}"),
            _ => FormattableString.Invariant($", by cluster of {router.Keys}"),
        })
        + (router.Score switch
        {
            RouterScore.Mlp => ", scored by two layers",
            RouterScore.Swiglu => ", scored by a neuron each",
            RouterScore.Cosine => ", scored by a cosine",
            RouterScore.Table => ", scored by a table",
            RouterScore.Hash => ", hashed",
            _ => "",
        })
        + (router.Norm is not null ? ", logits normalised" : "")
        + (router.Temperature != 1 ? FormattableString.Invariant($", temperature {router.Temperature}") : "")
        + (router.Noise != RouterNoise.None ? ", noise while training" : "")
        + (router.Affinity switch { RouterAffinity.Sigmoid => ", sigmoids", RouterAffinity.Relu => ", ReLU of logits", _ => "" })
        + Of(router.Selection)
        + (router.Bias ? ", router biased" : "")
        + (router.SelectionBias ? ", selection biased" : "")
        + (router.Groups is { } groups ? FormattableString.Invariant($", from {groups.Kept} of {groups.Count} groups") : "")
        + router.Weight switch
        {
            CombineWeight.Raw when !router.SumsToScale => ", weights not renormalised",
            CombineWeight.One => ", weights one",
            CombineWeight.RenormalisedByLevel => ", weights renormalised by level",
            _ => ", weights renormalised",
        }
        + (router.Scale != 1 ? FormattableString.Invariant($", scaled by {router.Scale}") : "")
        + (router.PassThrough ? ", the rest passes through" : "")
        + (router.Capacity is { } capacity ? FormattableString.Invariant($", capacity {capacity.Factor}") : "")
        + (router.Training is not null ? ", otherwise while training" : "");

    static string Of(SelectionRule rule) => rule.Kind switch
    {
        SelectionKind.TopK => "",
        SelectionKind.SecondAbove or SelectionKind.SecondSampled => FormattableString.Invariant($", a second above {rule.Threshold}"),
        SelectionKind.Above => FormattableString.Invariant($", those above {rule.Threshold} of the mean"),
        SelectionKind.NearBest => FormattableString.Invariant($", those within {rule.Threshold} of the best"),
        SelectionKind.Share => FormattableString.Invariant($", as many as hold {rule.Threshold}"),
        SelectionKind.AverageAbove => FormattableString.Invariant($", as many as are above {rule.Threshold} of the mean on average"),
        SelectionKind.Positive => ", those above 0",
        SelectionKind.All => ", all of them",
        _ => ", experts choose tokens",
    };
}
