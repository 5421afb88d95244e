using Moesaic.Formats;
using Moesaic.Models.Experts;

namespace Moesaic.Models;

/// <summary>Over which experts the softmax runs.</summary>
public enum RouterAffinity
{
    /// <summary>Softmax over all experts, then selection (Switch, DeepSeekMoE, OLMoE).</summary>
    SoftmaxBeforeSelection,

    /// <summary>Selection by logit, then softmax over the chosen (Shazeer 2017, LLaMA-MoE v1). The weights then sum to 1.</summary>
    SoftmaxAfterSelection,
}

/// <summary>What a chosen expert's output is multiplied by, before the scale.</summary>
public enum CombineWeight
{
    /// <summary>The affinity itself.</summary>
    Raw,

    /// <summary>The affinity divided by the sum over the chosen experts (Mixtral; norm_topk_prob).</summary>
    Renormalised,
}

/// <summary>
/// The router's pipeline, slot by slot: (1) key: the token's hidden state, as the experts see it; (2) score: linear,
/// without bias; (3) logit transform: none; (4) affinity: <see cref="Affinity"/>; (5) selection score: the affinity;
/// (6) selection: the K highest, ties to the lowest index; (7) combine weight: <see cref="Weight"/> times
/// <see cref="Scale"/>; (8) capacity: dropless; (9) objectives: <see cref="BalanceObjectives"/>, given while training.
/// Causal: a token's decision depends on that token alone. Training and evaluation use the same settings.
/// </summary>
public sealed record RouterSpec
{
    /// <summary>Number of routed experts, E.</summary>
    public required int Experts { get; init; }

    /// <summary>Experts per token, K; 1 to E.</summary>
    public required int Chosen { get; init; }

    /// <summary>Slot 4. Default: softmax before selection.</summary>
    public RouterAffinity Affinity { get; init; } = RouterAffinity.SoftmaxBeforeSelection;

    /// <summary>Slot 7. Default: renormalised.</summary>
    public CombineWeight Weight { get; init; } = CombineWeight.Renormalised;

    /// <summary>Slot 7: every combine weight is multiplied by this. Default 1.</summary>
    public float Scale { get; init; } = 1;

    /// <summary>Whether the combine weights of a token always sum to <see cref="Scale"/>.</summary>
    public bool SumsToScale => Weight == CombineWeight.Renormalised || Affinity == RouterAffinity.SoftmaxAfterSelection;

    /// <summary>Whether the loss of the model reaches the router: with one expert whose weight is always 1 it does not.</summary>
    public bool GradientReachesRouter => Chosen > 1 || !SumsToScale;

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="BadModelException">K is not in 1..E, or the scale is not a positive number.</exception>
    public void Validate(string where)
    {
        if (Experts < 1 || Chosen < 1 || Chosen > Experts)
            throw new BadModelException($"{where}: {Chosen} experts per token of {Experts}; need 1 <= experts per token <= experts");
        if (!float.IsFinite(Scale) || Scale <= 0)
            throw new BadModelException($"{where}: the scale of the combine weights is {Scale}; need a positive number");
    }
}
