namespace Moesaic.Methods.Compression;

/// <summary>What becomes of an expert that too few calibration tokens chose for its score to mean much.</summary>
public enum FewTokens
{
    /// <summary>Its score counts as it is; that of an expert that no token chose is 0.</summary>
    Score,

    /// <summary>It stays.</summary>
    Keep,

    /// <summary>It goes first.</summary>
    Drop,

    /// <summary>Its score is estimated from all tokens; needs statistics of all experts, and a score that is a mean over an expert's own tokens.</summary>
    AllTokens,
}
