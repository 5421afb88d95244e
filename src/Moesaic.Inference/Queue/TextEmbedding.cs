namespace Moesaic.Inference;

/// <summary>Hidden states after the last norm, pooled.</summary>
/// <param name="Vectors">One vector of D numbers; with <see cref="Pooling.None"/> one for each token.</param>
/// <param name="Tokens">Tokens of the text.</param>
public sealed record TextEmbedding(IReadOnlyList<float[]> Vectors, int Tokens);
