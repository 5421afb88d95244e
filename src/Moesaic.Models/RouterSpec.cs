using Moesaic.Formats;
using Moesaic.Models.Experts;

namespace Moesaic.Models;

/// <summary>How the router scores an expert.</summary>
public enum RouterScore
{
    /// <summary>x · wₑ: one row per expert.</summary>
    Linear,

    /// <summary>
    /// Two layers without biases, W₂ tanh(W₁ x), with as many hidden units as experts (LLaMA-MoE v1, Zhu et al. 2024) unless
    /// <see cref="RouterSpec.ScoreWidth"/> says otherwise.
    /// </summary>
    Mlp,

    /// <summary>
    /// |silu(x · gₑ) (x · uₑ)|: what a neuron of the expert holds. With rows of the expert's most typical neuron it needs no training (CMoE, Pei et al. 2025).
    /// </summary>
    Swiglu,

    /// <summary>
    /// cos(P x, wₑ)/τ: P projects to <see cref="RouterSpec.ScoreWidth"/> dimensions, or is left out; τ is learned and starts at 0.07 (X-MoE,
    /// Chi et al. 2022; MoEC, Xie et al. 2023).
    /// </summary>
    Cosine,

    /// <summary>A learned logit per task or cluster and expert: what a linear score of embeddings comes to.</summary>
    Table,

    /// <summary>
    /// Nothing is learned: the K experts of a token's id get 0, the others so little that they get nothing (Roller et al. 2021). See
    /// <see cref="RouterSpec.HashSeed"/>.
    /// </summary>
    Hash,
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

    /// <summary>
    /// Normal noise of the deviation <see cref="RouterSpec.NoiseDeviation"/> (MoCLE: 0.1; V-MoE, Riquelme et al. 2021: 1/E).
    /// </summary>
    Normal,

    /// <summary>Gumbel noise: the best logit is then a draw from the softmax, the K best K draws without putting back.</summary>
    Gumbel,
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

    /// <summary>max(0, logit) (ReMoE, Wang et al. 2024).</summary>
    Relu,
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

    /// <summary>
    /// The group's share among the kept groups times the expert's share among the chosen ones of its group: the weights of a tree of two
    /// routers (Shazeer et al. 2017, appendix B). Only with <see cref="GroupScore.Own"/>.
    /// </summary>
    RenormalisedByLevel,
}

/// <summary>What stands for a group of experts when groups compete.</summary>
public enum GroupScore
{
    /// <summary>Its best expert (DeepSeek-V2, group_limited_greedy).</summary>
    Best,

    /// <summary>The sum of its two best experts (DeepSeek-V3, noaux_tc).</summary>
    SumOfBestTwo,

    /// <summary>
    /// A logit of its own: a linear router of groups, and the experts' softmax is within their group; an expert's probability is the
    /// product (Shazeer et al. 2017, appendix B).
    /// </summary>
    Own,
}

/// <summary>Experts in groups of neighbours, of which a token may only use the best.</summary>
/// <param name="Count">Number of groups; divides the number of experts.</param>
/// <param name="Kept">How many of them a token may use.</param>
/// <param name="Score">What groups are compared by.</param>
public sealed record ExpertGroups(int Count, int Kept, GroupScore Score)
{
    /// <summary>Experts that a token takes of each kept group, K/Kept; 0 when the K best of all kept groups are taken. Default 0.</summary>
    public int PerGroup { get; init; }
}

/// <summary>
/// The router's pipeline, slot by slot: (1) key: <see cref="Key"/>; (2) score: <see cref="Score"/>, plus a bias when <see cref="Bias"/>;
/// (3) logit transforms: <see cref="Norm"/>, <see cref="Temperature"/>, <see cref="Noise"/>; (4) affinity: <see cref="Affinity"/>;
/// (5) selection score: the affinity, plus a bias per expert when <see cref="SelectionBias"/>; (6) selection: <see cref="Selection"/>, ties
/// to the lowest index, within <see cref="Groups"/>; (7) combine weight: <see cref="Weight"/> times <see cref="Scale"/>; (8) capacity:
/// <see cref="Capacity"/>, dropless without; (9) objectives: given while training. This is what evaluation does; noise
/// and <see cref="Training"/> are what training alone does.
/// </summary>
public sealed record RouterSpec
{
    /// <summary>Number of routed experts, E.</summary>
    public required int Experts { get; init; }

    /// <summary>Experts per token, K; 1 to E. With selections that give a token as many as come out, what they are balanced for.</summary>
    public required int Chosen { get; init; }

    /// <summary>Slot 1. Default: the token.</summary>
    public RouterKey Key { get; init; }

    /// <summary>Slot 1: how many tasks or clusters there are; 0 with other keys.</summary>
    public int Keys { get; init; }

    /// <summary>Slot 1: width of the embedding of a task or cluster; 0 with other keys, and with <see cref="RouterScore.Table"/>.</summary>
    public int KeyWidth { get; init; }

    /// <summary>Slot 2. Default: linear.</summary>
    public RouterScore Score { get; init; } = RouterScore.Linear;

    /// <summary>
    /// Slot 2: dimensions in which <see cref="RouterScore.Cosine"/> compares, 0 for those of the key; hidden units of
    /// <see cref="RouterScore.Mlp"/>, 0 for as many as experts.
    /// </summary>
    public int ScoreWidth { get; init; }

    /// <summary>
    /// Slot 2: what <see cref="RouterScore.Hash"/> draws each id's experts by; null: id mod E and the K − 1 after it, round the end.
    /// </summary>
    public ulong? HashSeed { get; init; }

    /// <summary>Slot 2: whether the score has a bias of each expert, trained like the weight (gpt-oss). Default: no.</summary>
    public bool Bias { get; init; }

    /// <summary>Slot 3: normalised logits, or null.</summary>
    public LogitNorm? Norm { get; init; }

    /// <summary>Slot 3: logits are divided by this, before noise is added. Default 1.</summary>
    public float Temperature { get; init; } = 1;

    /// <summary>Slot 3, in passes that bring a <see cref="NoiseDraw"/>: training. Evaluation has no noise. Default: none.</summary>
    public RouterNoise Noise { get; init; } = RouterNoise.None;

    /// <summary>Slot 3: deviation of <see cref="RouterNoise.Normal"/>; 0 with other noise.</summary>
    public float NoiseDeviation { get; init; }

    /// <summary>Slot 4. Default: softmax before selection.</summary>
    public RouterAffinity Affinity { get; init; } = RouterAffinity.SoftmaxBeforeSelection;

    /// <summary>
    /// Slot 5: whether each expert has a bias that takes part in selection and never in the combine weight; no gradient
    /// reaches it (DeepSeek-V3, e_score_correction_bias). Default: no.
    /// </summary>
    public bool SelectionBias { get; init; }

    /// <summary>Slot 6. Default: the K highest.</summary>
    public SelectionRule Selection { get; init; } = SelectionRule.TopK;

    /// <summary>Slots 6 and 8: which tokens compete, where they do. Default: those of a sequence.</summary>
    public RoutingGroup Group { get; init; }

    /// <summary>Slot 6: groups that limit the selection, or null. An expert outside the kept groups is never chosen.</summary>
    public ExpertGroups? Groups { get; init; }

    /// <summary>Slot 7. Default: renormalised.</summary>
    public CombineWeight Weight { get; init; } = CombineWeight.Renormalised;

    /// <summary>Slot 7: every combine weight is multiplied by this. Default 1.</summary>
    public float Scale { get; init; } = 1;

    /// <summary>
    /// Slot 7: whether weights are renormalised over what is left after a second expert was left out by chance or a capacity. Default: over
    /// the choices before, so that a token that loses one has less weight (GShard).
    /// </summary>
    public bool RenormaliseAfterDrops { get; init; }

    /// <summary>Slot 7: whether the token's own input has what is missing of 1 as its weight: w E(x) + (1 − w) x (MoEC). Default: no.</summary>
    public bool PassThrough { get; init; }

    /// <summary>
    /// Slot 4: the affinities are this map of the probabilities, or null. The score then has a row, and the router's bias and noise a place, for each
    /// column of the map; everything after is by experts.
    /// </summary>
    public ProbabilityMap? Map { get; init; }

    /// <summary>What the score scores: E, or the columns of <see cref="Map"/>.</summary>
    public int Scored => Map?.Columns ?? Experts;

    /// <summary>What evaluation takes away from the choices, or null. A pass may bring other policies: <see cref="PassInput.Policies"/>.</summary>
    public RoutingPolicy? Policy { get; init; }

    /// <summary>Slot 8, or null for dropless.</summary>
    public CapacitySpec? Capacity { get; init; }

    /// <summary>What training does otherwise, or null.</summary>
    public RouterTrainingVariant? Training { get; init; }

    /// <summary>
    /// Experts that a token uses, as far as the settings tell: E with <see cref="SelectionKind.All"/>, else K or what a policy leaves of
    /// it. Where <see cref="PerTokenVaries"/> it is what is expected, the number that experts are balanced for.
    /// </summary>
    public int PerToken => Selection.Kind == SelectionKind.All ? Experts : Math.Min(Chosen, Policy?.Chosen ?? Chosen);

    /// <summary>Whether it depends on the token how many experts it uses; a capacity aside.</summary>
    public bool PerTokenVaries => Selection.Kind is not (SelectionKind.TopK or SelectionKind.All)
        || (Policy is { } policy && (policy with { Chosen = null, Masked = [] }).Takes);

    /// <summary>Whether the combine weights of a token always sum to <see cref="Scale"/>, capacity aside.</summary>
    public bool SumsToScale => Weight is CombineWeight.Renormalised or CombineWeight.RenormalisedByLevel
        || (Weight == CombineWeight.Raw && Affinity == RouterAffinity.SoftmaxAfterSelection);

    /// <summary>Whether the loss of the model reaches the router: with one expert whose weight is always 1 it does not.</summary>
    public bool GradientReachesRouter => !Learns || Chosen > 1 || !SumsToScale || InTraining().Selection.Kind != SelectionKind.TopK;

    /// <summary>Whether there is anything to learn.</summary>
    public bool Learns => Score != RouterScore.Hash;

    /// <summary>What a decision in evaluation depends on.</summary>
    public RouterDependence Dependence =>
        Key == RouterKey.Sequence || Selection.Kind is SelectionKind.ExpertChoice or SelectionKind.AverageAbove || Policy?.Protection is not null
            ? RouterDependence.OtherTokens
        : Capacity is { } capacity ? DependenceOf(capacity)
        : Key == RouterKey.Prefix ? RouterDependence.EarlierTokens : RouterDependence.Token;

    /// <summary>What a decision in evaluation looks at beside the token, in words; null for nothing.</summary>
    public string? LooksAt => Dependence == RouterDependence.Token ? null
        : Key == RouterKey.Sequence ? "the mean of the whole sequence"
        : Selection.Kind == SelectionKind.ExpertChoice ? "what its experts choose among all tokens"
        : Selection.Kind == SelectionKind.AverageAbove ? "how many experts tokens need on average"
        : Policy?.Protection is not null && (this with { Policy = null }).Causal ? "the attention that later tokens of its prompt pay it"
        : Capacity is null ? "the mean of the sequence so far"
        : Dependence == RouterDependence.EarlierTokens ? "the places that earlier tokens left" : "the places that other tokens take";

    /// <summary>Whether a decision depends on nothing that comes later or beside the token's sequence.</summary>
    public bool Causal => Dependence != RouterDependence.OtherTokens;

    RouterDependence DependenceOf(CapacitySpec capacity) =>
        Group == RoutingGroup.Sequence && (capacity.Order == CapacityOrder.Position || (capacity.Order == CapacityOrder.FirstChoices && Chosen == 1))
            ? RouterDependence.EarlierTokens : RouterDependence.OtherTokens;

    /// <summary>The pipeline of training as one of its own, without what only draws of noise do.</summary>
    public RouterSpec InTraining() => Training is { } training
        ? this with { Selection = training.Selection ?? Selection, Capacity = training.Capacity ?? Capacity, Training = null } : this;

    /// <summary>Checks the numbers, and that the slots go together.</summary>
    /// <exception cref="BadModelException">A number is out of range, or a setting means nothing or has no definition beside another.</exception>
    public void Validate(string where) => RouterSpecCheck.Run(this, where);
}
