using Moesaic.Formats;
using Moesaic.Models.Experts;

namespace Moesaic.Models;

/// <summary>How the router scores an expert.</summary>
public enum RouterScore
{
    /// <summary>x · wₑ: one row per expert.</summary>
    Linear,

    /// <summary>Two layers without biases, W₂ tanh(W₁ x), with as many hidden units as experts (LLaMA-MoE v1, Zhu et al. 2024).</summary>
    Mlp,

    /// <summary>
    /// |silu(x · gₑ) (x · uₑ)|: what a neuron of the expert holds. With rows of the expert's most typical neuron it needs no training (CMoE, Pei et al. 2025).
    /// </summary>
    Swiglu,
}

/// <summary>What is done to the logits while training.</summary>
public enum RouterNoise
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>
    /// Normal noise whose deviation is learned, softplus(x W_noiseᵀ) + 0.01 (Shazeer et al. 2017, eq. 4; LLaMA-MoE v1). See
    /// <see cref="LearnedNoise"/>.
    /// </summary>
    Learned,
}

/// <summary>What a logit becomes.</summary>
public enum RouterAffinity
{
    /// <summary>Softmax over all experts, then selection (Switch, DeepSeekMoE, OLMoE).</summary>
    SoftmaxBeforeSelection,

    /// <summary>Selection by logit, then softmax over the chosen (Shazeer 2017, LLaMA-MoE v1). The weights then sum to 1.</summary>
    SoftmaxAfterSelection,

    /// <summary>The logistic function of each logit by itself (DeepSeek-V3).</summary>
    Sigmoid,
}

/// <summary>What a chosen expert's output is multiplied by, before the scale.</summary>
public enum CombineWeight
{
    /// <summary>The affinity itself.</summary>
    Raw,

    /// <summary>The affinity divided by the sum over the chosen experts (Mixtral; norm_topk_prob).</summary>
    Renormalised,

    /// <summary>
    /// 1 + gₑ · affinity with a number gₑ per expert that is learned from 0 on: before training every chosen expert counts as in the
    /// dense layer (CMoE, Pei et al. 2025).
    /// </summary>
    One,
}

/// <summary>What stands for a group of experts when groups compete.</summary>
public enum GroupScore
{
    /// <summary>Its best expert (DeepSeek-V2, group_limited_greedy).</summary>
    Best,

    /// <summary>The sum of its two best experts (DeepSeek-V3, noaux_tc).</summary>
    SumOfBestTwo,
}

/// <summary>Experts in groups of neighbours, of which a token may only use the best.</summary>
/// <param name="Count">Number of groups; divides the number of experts.</param>
/// <param name="Kept">How many of them a token may use.</param>
/// <param name="Score">What groups are compared by.</param>
public sealed record ExpertGroups(int Count, int Kept, GroupScore Score);

/// <summary>
/// The router's pipeline, slot by slot: (1) key: the token's hidden state, as the experts see it; (2) score:
/// <see cref="Score"/>, plus a bias when <see cref="Bias"/>; (3) logit transform: <see cref="Noise"/>; (4) affinity:
/// <see cref="Affinity"/>; (5) selection score: the affinity, plus a bias per expert when <see cref="SelectionBias"/>; (6) selection: the K highest,
/// ties to the lowest index, within <see cref="Groups"/>; (7) combine weight: <see cref="Weight"/> times
/// <see cref="Scale"/>; (8) capacity: dropless; (9) objectives: <see cref="BalanceObjectives"/>, given while training.
/// Causal: a token's decision depends on that token alone. Training and evaluation differ in the noise alone.
/// </summary>
public sealed record RouterSpec
{
    /// <summary>Number of routed experts, E.</summary>
    public required int Experts { get; init; }

    /// <summary>Experts per token, K; 1 to E.</summary>
    public required int Chosen { get; init; }

    /// <summary>Slot 2. Default: linear.</summary>
    public RouterScore Score { get; init; } = RouterScore.Linear;

    /// <summary>Slot 2: whether the score has a bias of each expert, trained like the weight (gpt-oss). Default: no.</summary>
    public bool Bias { get; init; }

    /// <summary>Slot 3, in passes that bring a <see cref="NoiseDraw"/>: training. Evaluation has no noise. Default: none.</summary>
    public RouterNoise Noise { get; init; } = RouterNoise.None;

    /// <summary>Slot 4. Default: softmax before selection.</summary>
    public RouterAffinity Affinity { get; init; } = RouterAffinity.SoftmaxBeforeSelection;

    /// <summary>
    /// Slot 5: whether each expert has a bias that takes part in selection and never in the combine weight; no gradient
    /// reaches it (DeepSeek-V3, e_score_correction_bias). Default: no.
    /// </summary>
    public bool SelectionBias { get; init; }

    /// <summary>Slot 6: groups that limit the selection, or null. An expert outside the kept groups is never chosen.</summary>
    public ExpertGroups? Groups { get; init; }

    /// <summary>Slot 7. Default: renormalised.</summary>
    public CombineWeight Weight { get; init; } = CombineWeight.Renormalised;

    /// <summary>Slot 7: every combine weight is multiplied by this. Default 1.</summary>
    public float Scale { get; init; } = 1;

    /// <summary>Whether the combine weights of a token always sum to <see cref="Scale"/>.</summary>
    public bool SumsToScale => Weight == CombineWeight.Renormalised
        || (Weight == CombineWeight.Raw && Affinity == RouterAffinity.SoftmaxAfterSelection);

    /// <summary>Whether the loss of the model reaches the router: with one expert whose weight is always 1 it does not.</summary>
    public bool GradientReachesRouter => Chosen > 1 || !SumsToScale;

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="BadModelException">
    /// The score has a bias and is not linear, K is not in 1..E, the groups do not divide the experts or hold fewer than K, or the scale is not a positive number.
    /// </exception>
    public void Validate(string where)
    {
        if (Experts < 1 || Chosen < 1 || Chosen > Experts)
            throw new BadModelException($"{where}: {Chosen} experts per token of {Experts}; need 1 <= experts per token <= experts");
        if (!float.IsFinite(Scale) || Scale <= 0)
            throw new BadModelException($"{where}: the scale of the combine weights is {Scale}; need a positive number");
        if (Bias && Score != RouterScore.Linear)
            throw new BadModelException($"{where}: a bias on the score needs a linear one; this is {Score}");
        if (SelectionBias && Affinity == RouterAffinity.SoftmaxAfterSelection)
            throw new BadModelException($"{where}: a bias on the selection needs an affinity before it; softmax after selection has none");
        if (Weight == CombineWeight.One && Affinity != RouterAffinity.SoftmaxBeforeSelection)
            throw new BadModelException($"{where}: weights of one need the affinities of all experts: softmax before selection");
        if (Noise != RouterNoise.None && (SelectionBias || Groups is not null))
            throw new BadModelException($"{where}: noise on the logits goes with selection of the highest logits alone, without a bias and groups");
        if (Groups is not { } groups) return;
        if (groups.Count < 1 || Experts % groups.Count != 0 || groups.Kept < 1 || groups.Kept > groups.Count)
            throw new BadModelException($"{where}: {groups.Kept} of {groups.Count} groups of {Experts} experts; "
                + "the groups must divide the experts, and at least one must be kept");
        var size = Experts / groups.Count;
        if (groups.Kept * size < Chosen)
            throw new BadModelException($"{where}: {groups.Kept} groups of {size} experts hold fewer than the {Chosen} experts of a token");
        if (groups.Score == GroupScore.SumOfBestTwo && size < 2)
            throw new BadModelException($"{where}: groups of one expert have no two best");
    }
}
