namespace Moesaic.Models;

/// <summary>How experts are selected by their selection scores.</summary>
public enum SelectionKind
{
    /// <summary>The K highest.</summary>
    TopK,

    /// <summary>
    /// The two highest, the second only if its share of both affinities is above <see cref="SelectionRule.Threshold"/> (Mesh TensorFlow,
    /// policy "threshold"). K must be 2.
    /// </summary>
    SecondAbove,

    /// <summary>
    /// The two highest, the second with probability min(1, g₂/<see cref="SelectionRule.Threshold"/>), where g₂ is its share of both
    /// affinities: 0.5 is GShard's 2 g₂ (Lepikhin et al. 2020, algorithm 1), 0.2 Mesh TensorFlow's default. Always, in a pass without a
    /// draw of noise. K must be 2; only while training.
    /// </summary>
    SecondSampled,

    /// <summary>Every expert whose affinity times E is above <see cref="SelectionRule.Threshold"/> (DS-MoE, Pan et al. 2024).</summary>
    Above,

    /// <summary>
    /// Every expert whose affinity is at least 1 − <see cref="SelectionRule.Threshold"/> of the best one's (D2DMoE, Szatkowski et al.
    /// 2024: the threshold 0 gives one expert, 1 all).
    /// </summary>
    NearBest,

    /// <summary>The fewest experts, best first, whose affinities reach the share <see cref="SelectionRule.Threshold"/> of all.</summary>
    Share,

    /// <summary>
    /// As many experts for every token of the group as <see cref="Above"/> gives to one on average, rounded, at least 1 (DS-MoE,
    /// "threshold-top-k"). Not causal.
    /// </summary>
    AverageAbove,

    /// <summary>Every expert whose affinity is above 0; only with <see cref="RouterAffinity.Relu"/> (ReMoE, Wang et al. 2024).</summary>
    Positive,

    /// <summary>All experts (DS-MoE while training, Jacobs et al. 1991).</summary>
    All,

    /// <summary>
    /// Every expert takes the n K/E tokens, rounded, at least 1, of the n of the group that score it highest; a token gets 0 to E experts,
    /// K on average (Zhou et al. 2022). Not causal.
    /// </summary>
    ExpertChoice,
}

/// <summary>A way to select experts; none gives a token the same expert twice, ties go to the lowest index.</summary>
/// <param name="Kind">The way.</param>
public sealed record SelectionRule(SelectionKind Kind)
{
    /// <summary>The K highest.</summary>
    public static SelectionRule TopK { get; } = new(SelectionKind.TopK);

    /// <summary>The number that <see cref="Kind"/> speaks of; 0 for the kinds that have none.</summary>
    public float Threshold { get; init; }

    /// <summary>Whether <see cref="Threshold"/> means something.</summary>
    public bool HasThreshold => Kind is SelectionKind.SecondAbove or SelectionKind.SecondSampled or SelectionKind.Above
        or SelectionKind.NearBest or SelectionKind.Share or SelectionKind.AverageAbove;
}
