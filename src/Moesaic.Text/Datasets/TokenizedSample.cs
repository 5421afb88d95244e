namespace Moesaic.Text.Datasets;

/// <summary>One document as tokens.</summary>
/// <param name="Tokens">The token ids.</param>
/// <param name="LossMask">
/// One flag a token: true where the token is predicted and its loss counts. Null: all but the first, which nothing precedes.
/// </param>
public sealed record TokenizedSample(int[] Tokens, bool[]? LossMask)
{
    /// <summary>The task it belongs to, as an index into the tasks of the model that reads it; −1, the default, when there are none.</summary>
    public int Task { get; init; } = -1;
}
