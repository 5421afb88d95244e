using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Steps;
using Moesaic.Models;

namespace Moesaic.Methods.Construction.Heads;

/// <summary>What the routers of attention experts start as.</summary>
public enum AttentionRouterStart
{
    /// <summary>The heads that add most: by ridge regression on the logarithm of what each adds to a token, on the calibration text.</summary>
    Energy,

    /// <summary>Independent normal numbers of deviation 0.02.</summary>
    Normal,

    /// <summary>Zeros: the first experts are chosen, all with the same weight.</summary>
    Zeros,
}

/// <summary>How the heads of attention become experts (LLaMA-MoE v2): key/value head and the query heads that read it.</summary>
public sealed record AttentionSplitOptions
{
    /// <summary>Attention experts per token. A layer has as many experts as key/value heads, times parts.</summary>
    [Range(1, 4096)]
    public required int Chosen { get; init; }

    /// <summary>Whose keys and values an expert has: those of all tokens, or those of the tokens that chose it.</summary>
    public ExpertKeys Keys { get; init; } = ExpertKeys.All;

    /// <summary>keys: routed. The first token of a text stays among the keys of every expert: much attention rests on it.</summary>
    public bool KeepFirst { get; init; } = true;

    /// <summary>Experts made of one key/value head, each with a part of its query heads and a copy of the key/value head.</summary>
    [Range(1, 4096)]
    public int Parts { get; init; } = 1;

    /// <summary>
    /// Factor of the combine weights, the same in every layer. As many as are chosen makes a weight 1 on average. Left out: fitted per layer by
    /// least squares.
    /// </summary>
    [Range(1e-6, 1e6)]
    public double? Scale { get; init; }

    /// <summary>What an expert's output is multiplied by before the scale. Left out: renormalised, but raw with one expert per token.</summary>
    public CombineWeight? Weight { get; init; }

    /// <summary>What the routers start as.</summary>
    public AttentionRouterStart Router { get; init; } = AttentionRouterStart.Energy;

    /// <summary>
    /// router: energy. Standard deviation of a token's router logits. In the dense model all heads have the same weight, and so little is best.
    /// </summary>
    [Range(0.0, 1000.0)]
    public double Sharpness { get; init; } = 0.05;

    /// <summary>router: energy. Tokens per layer that the regression sees, spread over the calibration text.</summary>
    [Unit("tokens")]
    [Range(1, 1 << 24)]
    public int RouterTokens { get; init; } = 8192;

    /// <summary>Leave the feed-forwards dense.</summary>
    public bool Only { get; init; }

    internal bool NeedsCalibration => Scale is null || Router == AttentionRouterStart.Energy;

    internal CombineWeight EffectiveWeight => Weight ?? (Chosen == 1 ? CombineWeight.Raw : CombineWeight.Renormalised);
}
