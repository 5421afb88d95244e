namespace Moesaic.Inference;

/// <summary>How hidden states of a text become an embedding.</summary>
public enum Pooling
{
    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>That of the last token.</summary>
    Last,

    /// <summary>All of them.</summary>
    None,
}
