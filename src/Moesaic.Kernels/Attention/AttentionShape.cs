namespace Moesaic.Kernels;

/// <summary>The sizes of one attention layer.</summary>
/// <param name="QueryHeads">Heads of the queries; a multiple of <paramref name="KeyValueHeads"/>.</param>
/// <param name="KeyValueHeads">
/// Heads of keys and values; query head h reads head h / (QueryHeads / KeyValueHeads).
/// </param>
/// <param name="HeadDim">Width of a head, in values.</param>
/// <param name="Scale">Factor on q·k before the softmax, usually 1/√HeadDim.</param>
public readonly record struct AttentionShape(int QueryHeads, int KeyValueHeads, int HeadDim, float Scale);
