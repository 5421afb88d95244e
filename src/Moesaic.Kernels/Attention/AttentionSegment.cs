namespace Moesaic.Kernels;

/// <summary>
/// One sequence inside packed buffers: rows of queries and the rows of keys they may see. Causal: query i of the
/// segment sees its keys 0 .. KeyCount − QueryCount + i, so the last query sees all keys and earlier keys may come from
/// a cache. <see cref="AttentionShape.Window"/> may hide the earliest of them.
/// </summary>
/// <param name="QueryStart">First row in the queries and outputs.</param>
/// <param name="QueryCount">Rows of queries; at most <paramref name="KeyCount"/>.</param>
/// <param name="KeyStart">First row in the keys and values.</param>
/// <param name="KeyCount">Rows of keys and values.</param>
public readonly record struct AttentionSegment(int QueryStart, int QueryCount, int KeyStart, int KeyCount)
{
    /// <summary>
    /// The head of the keys and values that the first query heads read, when the queries are those of some heads of more.
    /// Default 0.
    /// </summary>
    public int FirstKeyHead { get; init; }

    /// <summary>Where the segment's tiles begin in the list of tiles, when there is one. Default 0.</summary>
    public int FirstTile { get; init; }
}
