namespace Moesaic.Methods.Construction;

/// <summary>How neurons are divided among experts.</summary>
public enum SplitMethod
{
    /// <summary>See <see cref="RandomSplit"/>.</summary>
    Random,

    /// <summary>See <see cref="ContiguousSplit"/>.</summary>
    Contiguous,

    /// <summary>Tokens are clustered; each cluster's expert gets the neurons that matter to it. See <see cref="Construction.TokenClusters"/>.</summary>
    TokenClusters,
}
