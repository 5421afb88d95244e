namespace Moesaic.Kernels;

/// <summary>
/// How attention is cut into tiles. A block of queries of all heads that share a key head forms the lanes of transposed
/// tiles (scoresᵀ [keys, lanes]): softmax then needs no sum across a vector, and each key value loaded serves every
/// lane.
/// </summary>
readonly struct AttentionSizes
{
    /// <summary>
    /// Keys in a tile. Every path steps through keys in the same tiles, so that each gives the same bits.
    /// </summary>
    internal const int TileKeys = 32;

    /// <summary>
    /// Query rows times heads of a group up to which keys rather than queries form the lanes (decoding); a single row always does so.
    /// </summary>
    internal const int FewRows = 8;

    internal AttentionSizes(AttentionShape shape, int lanesOfVector)
    {
        Dim = shape.HeadDim;
        Sharing = shape.QueryHeads / shape.KeyValueHeads;
        QueryWidth = shape.QueryHeads * Dim;
        KeyWidth = shape.KeyValueHeads * Dim;

        // Two vectors of 512 bits are 32 lanes; heads in fours of 16 queries fill them too, with less waste at the
        // diagonal.
        BlockQueries = Sharing % 4 == 0 ? 16 : 32;
        Lanes = BlockQueries * Sharing;
        Pitch = (Dim + lanesOfVector - 1) / lanesOfVector * lanesOfVector;
        DimRows = RoundUpToFour(Dim);
    }

    internal int Dim { get; }

    /// <summary>Query heads of one key head.</summary>
    internal int Sharing { get; }

    /// <summary>Floats in a row of queries.</summary>
    internal int QueryWidth { get; }

    /// <summary>Floats in a row of keys.</summary>
    internal int KeyWidth { get; }

    internal int BlockQueries { get; }

    /// <summary>Lanes of a block, head by head; the pitch of transposed tiles.</summary>
    internal int Lanes { get; }

    /// <summary>Floats from row to row of packed keys, values and queries: Dim rounded up to whole vectors.</summary>
    internal int Pitch { get; }

    /// <summary>Dim rounded up to rows of the product's register tile.</summary>
    internal int DimRows { get; }

    internal static int RoundUpToFour(int count) => (count + 3) & ~3;
}
