using Moesaic.Formats;

namespace Moesaic.Models;

/// <summary>Which settings of a router are numbers in range and go together.</summary>
static class RouterSpecCheck
{
    public static void Run(RouterSpec router, string where)
    {
        if ((Numbers(router) ?? Score(router) ?? Logits(router) ?? Weights(router) ?? Groups(router) ?? Variants(router) ?? router.Map?.WhyNot(router) ?? Policy(router)) is { } reason)
            throw new BadModelException($"{where}: {reason}");
    }

    static string? Numbers(RouterSpec r) =>
        r.Experts < 1 || r.Chosen < 1 || r.Chosen > r.Experts
            ? $"{r.Chosen} experts per token of {r.Experts}; need 1 <= experts per token <= experts"
        : !IsPositive(r.Scale) ? $"the scale of the combine weights is {r.Scale}; need a positive number"
        : !IsPositive(r.Temperature) ? $"the temperature of the logits is {r.Temperature}; need a positive number"
        : r.Norm is { } norm && !IsPositive(norm.Factor) ? $"normalised logits are multiplied by {norm.Factor}; need a positive number"
        : r.Norm is not null && r.Experts < 2 ? "the logit of a single expert cannot be normalised" : null;

    static string? Score(RouterSpec r)
    {
        var given = r.Key is RouterKey.Task or RouterKey.Cluster;
        return r.Bias && r.Score != RouterScore.Linear ? $"a bias on the score needs a linear one; this is {r.Score}"
            : given != r.Keys > 0 ? $"{r.Keys} tasks or clusters with the key {r.Key}; that number is for tasks and clusters, which need it"
            : (given && r.Score != RouterScore.Table) != r.KeyWidth > 0
                ? $"an embedding of width {r.KeyWidth} with the key {r.Key} and the score {r.Score}; tasks and clusters need one, without a table of logits"
            : r.Score == RouterScore.Table && !given ? "a table of logits needs tasks or clusters as keys"
            : (r.Score == RouterScore.Hash) != (r.Key == RouterKey.TokenId) ? "the hash and the key token_id need one another"
            : r.HashSeed is not null && r.Score != RouterScore.Hash ? "a seed of hashes needs the score hash"
            : r.ScoreWidth < 0 || (r.ScoreWidth > 0 && r.Score is not (RouterScore.Cosine or RouterScore.Mlp))
                ? $"a score in {r.ScoreWidth} dimensions; only the cosine is compared in some, and two layers have some between them" : null;
    }

    static string? Logits(RouterSpec r) =>
        (r.Noise == RouterNoise.Normal) != r.NoiseDeviation > 0 ? $"a deviation of the noise of {r.NoiseDeviation} with the noise {r.Noise}; normal noise needs one"
        : r.Noise == RouterNoise.Learned && (r.SelectionBias || r.Groups is not null)
            ? "noise on the logits goes with selection of the highest logits alone, without a bias and groups"
        : r.Noise == RouterNoise.Learned && r.Key != RouterKey.Token ? "learned noise needs the token as key"
        : r.Score == RouterScore.Hash && (r.Noise != RouterNoise.None || r.Norm is not null || r.Temperature != 1 || r.SelectionBias || r.Groups is not null
            || r.Affinity is not (RouterAffinity.SoftmaxBeforeSelection or RouterAffinity.SoftmaxAfterSelection) || r.Selection != SelectionRule.TopK)
            ? "hashes choose by themselves: nothing may transform or select beside softmax and the K highest"
        : r.SelectionBias && r.Affinity is RouterAffinity.SoftmaxAfterSelection ? "a bias on the selection needs an affinity before it; softmax after selection has none"
        : null;

    static string? Weights(RouterSpec r) =>
        r.Weight == CombineWeight.One && r.Affinity != RouterAffinity.SoftmaxBeforeSelection ? "weights of one need the affinities of all experts: softmax before selection"
        : r.Weight == CombineWeight.RenormalisedByLevel && r.Groups is not { Score: GroupScore.Own } ? "weights renormalised by level need groups with a router of their own"
        : r.Weight != CombineWeight.Raw && r.Affinity == RouterAffinity.Relu ? "ReLU gives the weights as they are: raw"
        : r.RenormaliseAfterDrops && !r.SumsToScale ? "weights that are not renormalised cannot be so after drops"
        : r.PassThrough && (r.SumsToScale || r.Weight == CombineWeight.One || r.Scale != 1)
            ? "the token's input takes what weights leave of 1; that needs raw weights without a scale" : null;

    static string? Groups(RouterSpec r)
    {
        if (r.Groups is not { } groups) return null;
        if (groups.Count < 1 || r.Experts % groups.Count != 0 || groups.Kept < 1 || groups.Kept > groups.Count)
            return $"{groups.Kept} of {groups.Count} groups of {r.Experts} experts; the groups must divide the experts, and at least one must be kept";
        var size = r.Experts / groups.Count;
        return groups.Kept * size < r.Chosen ? $"{groups.Kept} groups of {size} experts hold fewer than the {r.Chosen} experts of a token"
            : groups.Score == GroupScore.SumOfBestTwo && size < 2 ? "groups of one expert have no two best"
            : groups.PerGroup != 0 && groups.PerGroup * groups.Kept != r.Chosen ? $"{groups.PerGroup} experts of each of {groups.Kept} groups are not the {r.Chosen} of a token"
            : groups.Score == GroupScore.Own && (r.Affinity != RouterAffinity.SoftmaxBeforeSelection || r.SelectionBias || r.Key != RouterKey.Token)
                ? "groups with a router of their own need the token as key and softmax before selection, without a bias on it"
            : r.Selection.Kind != SelectionKind.TopK || r.Training?.Selection is { Kind: not SelectionKind.TopK } ? "groups limit the K highest alone, not another selection" : null;
    }

    static string? Variants(RouterSpec r) =>
        Selection(r, r.Selection, training: false) ?? Capacity(r, r.Capacity, r.Selection, training: false)
        ?? (r.Training is not { } training ? null
            : training == new RouterTrainingVariant() ? "what training does otherwise is empty"
            : training.InputJitter is not (>= 0 and < 1) ? $"the jitter of the input is {training.InputJitter}; need 0 to below 1"
            : training.InputJitter > 0 && r.Key is not (RouterKey.Token or RouterKey.Sequence or RouterKey.Prefix) ? "only hidden states can be jittered"
            : Selection(r, training.Selection ?? r.Selection, training: true) ?? Capacity(r, training.Capacity ?? r.Capacity, training.Selection ?? r.Selection, training: true));

    static string? Selection(RouterSpec r, SelectionRule rule, bool training) =>
        !rule.HasThreshold && rule.Threshold != 0 ? $"a threshold of {rule.Threshold} means nothing to the selection {rule.Kind}"
        : rule.Kind == SelectionKind.SecondSampled && !training ? "a second expert is sampled in training alone; say how evaluation chooses"
        : rule.Kind is SelectionKind.SecondAbove or SelectionKind.SecondSampled && r.Chosen != 2 ? $"the selection {rule.Kind} needs 2 experts per token; there are {r.Chosen}"
        : rule.HasThreshold && !(rule.Kind switch
        {
            SelectionKind.NearBest => rule.Threshold is >= 0 and <= 1,
            SelectionKind.SecondAbove => rule.Threshold is >= 0 and < 1,
            SelectionKind.Above or SelectionKind.AverageAbove => rule.Threshold >= 0 && float.IsFinite(rule.Threshold),
            _ => rule.Threshold is > 0 and <= 1,
        }) ? $"the threshold of the selection {rule.Kind} is {rule.Threshold}"
        : (r.Affinity == RouterAffinity.Relu) != (rule.Kind == SelectionKind.Positive) && rule.Kind is not (SelectionKind.TopK or SelectionKind.All)
            ? "experts above 0 are those of ReLU, and ReLU needs them, the K highest or all"
        : rule.Kind != SelectionKind.TopK && r.Affinity == RouterAffinity.SoftmaxAfterSelection ? "only the K highest logits can be selected before the softmax"
        : rule.Kind != SelectionKind.TopK && r.SelectionBias ? "a bias on the selection goes with the K highest alone"
        : rule.Kind != SelectionKind.TopK && r.Noise == RouterNoise.Learned ? "learned noise goes with the K highest logits alone"
        : rule.Kind == SelectionKind.ExpertChoice && r.Affinity == RouterAffinity.Relu ? "expert choice needs softmax or sigmoids" : null;

    static string? Capacity(RouterSpec r, CapacitySpec? capacity, SelectionRule rule, bool training) =>
        capacity is null ? null
        : !IsPositive(capacity.Factor) || capacity.Factor > 1e9f || capacity.Minimum < 1 || capacity.Multiple < 1 ? "a capacity needs a positive factor up to 1e9, minimum and multiple"
        : capacity.Order == CapacityOrder.Random && !training ? "places are given at random in training alone; say how evaluation gives them"
        : rule.Kind == SelectionKind.ExpertChoice ? "expert choice has its capacity by definition"
        : capacity.Overflow == CapacityOverflow.NextChoice && (rule.Kind != SelectionKind.TopK || r.Groups is not null || r.Score == RouterScore.Hash
            || r.Affinity == RouterAffinity.Relu)
            ? "a next choice needs the K highest of all experts, scored by what is learned"
        : capacity.Overflow == CapacityOverflow.PassThrough && r.RenormaliseAfterDrops ? "a choice that passes through keeps its weight; it cannot be renormalised away"
        : null;

    static string? Policy(RouterSpec r) => r.Policy?.WhyNot(r) is { } reason ? $"its routing policy: {reason}" : null;

    static bool IsPositive(float value) => float.IsFinite(value) && value > 0;
}
