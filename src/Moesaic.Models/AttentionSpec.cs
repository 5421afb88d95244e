namespace Moesaic.Models;

/// <summary>Which projections of attention have a bias.</summary>
public enum AttentionBias
{
    /// <summary>None.</summary>
    None,

    /// <summary>Queries, keys and values, not the output (Qwen2).</summary>
    QueryKeyValue,

    /// <summary>All four (attention_bias).</summary>
    All,
}

/// <summary>Over what queries and keys are RMS-normed before they are rotated, each with a weight.</summary>
public enum HeadNorm
{
    /// <summary>They are not.</summary>
    None,

    /// <summary>Each head by itself, all with the same weight (Qwen3).</summary>
    Head,

    /// <summary>All heads of a token together (OLMoE).</summary>
    Projection,
}

/// <summary>Causal attention with rotary positions: grouped-query, or through a latent.</summary>
/// <param name="QueryHeads">Number of query heads, H.</param>
/// <param name="KeyValueHeads">Number of key/value heads; divides <paramref name="QueryHeads"/>.</param>
/// <param name="HeadDim">Width of a query or key head; even.</param>
/// <param name="Bias">Which projections have a bias.</param>
public sealed record AttentionSpec(
    int QueryHeads, int KeyValueHeads, int HeadDim, AttentionBias Bias = AttentionBias.None)
{
    /// <summary>Norm of queries and keys. Default: none.</summary>
    public HeadNorm Norm { get; init; }

    /// <summary>Latent attention, or null for grouped-query attention.</summary>
    public LatentSpec? Latent { get; init; }

    /// <summary>
    /// How many tokens a token sees at most, itself counted; 0, the default, for all before it. Less than the model's
    /// <see cref="ModelSpec.MaxPositions"/>: a longer one hides nothing.
    /// </summary>
    public int Window { get; init; }

    /// <summary>The groups of heads as experts, or null when every token uses all heads.</summary>
    public AttentionExpertsSpec? Experts { get; init; }

    /// <summary>
    /// Whether each query head has a sink: a learned score without a value, which takes its part of the softmax (gpt-oss).
    /// Default: no.
    /// </summary>
    public bool Sinks { get; init; }

    /// <summary>q·k is multiplied by this besides 1/√HeadDim. Default 1. DeepSeek stretches contexts with it.</summary>
    public float ScoreFactor { get; init; } = 1;

    /// <summary>How many values of a head are rotated: all, or the rotary part of a latent head.</summary>
    public int RotaryDim => Latent?.RotaryDim ?? HeadDim;

    /// <summary>Width of a value head.</summary>
    public int ValueDim => Latent?.ValueDim ?? HeadDim;

    /// <summary>Width of a head in the attention product: the shorter of keys and values is padded with zeros.</summary>
    public int PaddedDim => Math.Max(HeadDim, ValueDim);
}

/// <summary>
/// Multi-head latent attention (DeepSeek-V2 2024, section 2.1): keys and values of all heads are projected from one narrow
/// normed latent per token; a part of each query and key head is rotated, and that part of the key is shared by all heads.
/// </summary>
/// <param name="QueryRank">Width of the normed latent of the queries; 0 when they are projected directly.</param>
/// <param name="Rank">Width of the latent of keys and values.</param>
/// <param name="RotaryDim">Width of the rotated part of a head, its last values; even, below HeadDim.</param>
/// <param name="ValueDim">Width of a value head.</param>
public sealed record LatentSpec(int QueryRank, int Rank, int RotaryDim, int ValueDim)
{
    /// <summary>ε of the latents' norms. Default 1e-6, whatever the model's other norms have.</summary>
    public float NormEpsilon { get; init; } = 1e-6f;

    /// <summary>Whether rotary pairs are neighbours (2i, 2i+1), else halves (i, i + RotaryDim/2). Default true.</summary>
    public bool NeighbouringPairs { get; init; } = true;
}
