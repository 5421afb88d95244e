using Moesaic.Formats;

namespace Moesaic.Models;

/// <summary>Whose keys and values an attention expert has.</summary>
public enum ExpertKeys
{
    /// <summary>Those of every token: only queries and outputs are routed (MoH, Jin et al. 2024).</summary>
    All,

    /// <summary>
    /// Those of the tokens that chose the expert, at their own positions: a token sees earlier ones that chose the same
    /// (LLaMA-MoE v2 2024, attention MoE).
    /// </summary>
    Routed,

    /// <summary>
    /// The same few of every token for all experts (MoA, Zhang et al. 2022; ModuleFormer; DS-MoE): an expert is a set of query heads
    /// and an output projection.
    /// </summary>
    Shared,
}

/// <summary>
/// Attention whose groups of query heads are experts: expert e has key/value head e and the query heads that read it, or, with
/// <see cref="ExpertKeys.Shared"/>, as many query heads as any other, which share the key/value heads as grouped queries do. A token
/// gets Σⱼ wⱼ Oⱼ(headsⱼ) over the experts it chose; with all of them and every weight 1 this is grouped-query attention.
/// </summary>
/// <param name="Router">How a token chooses, by the normed input of the attention.</param>
/// <param name="Keys">Whose keys and values an expert has.</param>
/// <param name="KeepFirst">
/// Whether the first token of a sequence is among the keys and values of every expert, chosen or not. Only with
/// <see cref="ExpertKeys.Routed"/>; with all keys it is there anyway.
/// </param>
public sealed record AttentionExpertsSpec(RouterSpec Router, ExpertKeys Keys, bool KeepFirst)
{
    /// <summary>Checks the experts against the heads they are made of.</summary>
    /// <param name="heads">The layer's attention.</param>
    /// <param name="where">For the message.</param>
    /// <exception cref="BadModelException">The attention has what its groups cannot have apart, or another number of them.</exception>
    public void Validate(AttentionSpec heads, string where)
    {
        Router.Validate(where);
        if (Router.PassThrough || Router.Capacity is { Overflow: CapacityOverflow.PassThrough } || Router.Training?.Capacity is { Overflow: CapacityOverflow.PassThrough })
            throw new BadModelException($"{where}: a token's own input passes through experts of feed-forwards, not through those of attention");
        if (Keys == ExpertKeys.Shared)
        {
            if (heads.QueryHeads % Router.Experts != 0 || heads.QueryHeads / Router.Experts % heads.KeyValueHeads != 0)
                throw new BadModelException($"{where}: {heads.QueryHeads} query heads cannot be {Router.Experts} attention experts that share {heads.KeyValueHeads} "
                    + "key/value heads; the query heads of each must be a multiple of those");
        }
        else if (Router.Experts != heads.KeyValueHeads)
            throw new BadModelException($"{where}: {Router.Experts} attention experts, but {heads.KeyValueHeads} key/value heads; each is one expert");
        if (KeepFirst && Keys != ExpertKeys.Routed)
            throw new BadModelException($"{where}: the first token is kept, but its keys are everywhere when all tokens' are");
        if (Keys == ExpertKeys.Routed && heads.Window != 0)
            throw new BadModelException($"{where}: a sliding window over keys that are routed is not supported: it would count routed tokens, not positions");
        if (WhyNot(heads) is { } reason) throw new BadModelException($"{where}: attention experts are not supported here: {reason}");
    }

    /// <summary>Why the heads of an attention cannot be experts; null when they can.</summary>
    public static string? WhyNot(AttentionSpec heads) =>
        heads.Latent is not null ? "all heads share a latent"
        : heads.Sinks ? "the heads have sinks"
        : heads.Bias != AttentionBias.None ? "the projections have biases"
        : heads.Sinks ? "its softmax has sinks"
        : heads.Norm == HeadNorm.Projection ? "queries and keys are normed over all heads" : null;
}
