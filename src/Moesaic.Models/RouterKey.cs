namespace Moesaic.Models;

/// <summary>What a router decides by.</summary>
public enum RouterKey
{
    /// <summary>The token's hidden state, as the experts see it.</summary>
    Token,

    /// <summary>
    /// The mean of the hidden states of the token's whole sequence: all its tokens get the same experts (Kudugunta et al. 2021, sentence
    /// level). Not causal.
    /// </summary>
    Sequence,

    /// <summary>The mean of the hidden states of the sequence up to the token.</summary>
    Prefix,

    /// <summary>A learned embedding of the task that <see cref="PassInput.Tasks"/> gives to the token (Kudugunta et al. 2021).</summary>
    Task,

    /// <summary>A learned embedding of the cluster that <see cref="PassInput.Clusters"/> gives to the token (MoCLE, Gou et al. 2023).</summary>
    Cluster,

    /// <summary>The token's id in the vocabulary; only with <see cref="RouterScore.Hash"/> (Roller et al. 2021).</summary>
    TokenId,
}
