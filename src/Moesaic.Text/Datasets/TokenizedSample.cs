namespace Moesaic.Text.Datasets;

/// <summary>One document as tokens.</summary>
/// <param name="Tokens">The token ids.</param>
/// <param name="LossMask">
/// One flag a token: true where the token is predicted and its loss counts. Null: all but the first, which nothing precedes.
/// </param>
public sealed record TokenizedSample(int[] Tokens, bool[]? LossMask);
