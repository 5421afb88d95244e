namespace Moesaic.Methods.Compression;

/// <summary>What scores are divided by before layers are compared.</summary>
public enum ScoreNorm
{
    /// <summary>Nothing, as published: output norms grow with depth, and early layers lose most.</summary>
    None,

    /// <summary>The layer's mean score.</summary>
    LayerMean,
}
