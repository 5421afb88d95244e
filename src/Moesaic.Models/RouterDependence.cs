namespace Moesaic.Models;

/// <summary>What a router's decision about a token depends on, beside the weights.</summary>
public enum RouterDependence
{
    /// <summary>The token alone, with its task or cluster: it is the same in any company, and while decoding.</summary>
    Token,

    /// <summary>Earlier tokens of its sequence and how long that is: causal, but it needs the whole sequence in one pass.</summary>
    EarlierTokens,

    /// <summary>Later tokens or other sequences: not causal.</summary>
    OtherTokens,
}
