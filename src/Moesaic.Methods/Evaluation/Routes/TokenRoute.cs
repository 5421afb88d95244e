namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>What one router decided about one token.</summary>
readonly ref struct TokenRoute
{
    /// <summary>The token read.</summary>
    public required int Id { get; init; }

    /// <summary>The token that follows it; −1 at the end of a text.</summary>
    public int Next { get; init; }

    /// <summary>Its place in its window of text, from 0.</summary>
    public int Position { get; init; }

    /// <summary>The number of the text it belongs to.</summary>
    public int Domain { get; init; }

    /// <summary>The experts that got it, best first; may be none.</summary>
    public required ReadOnlySpan<int> Chosen { get; init; }

    /// <summary>Choices it lost to a capacity.</summary>
    public int Dropped { get; init; }
}
