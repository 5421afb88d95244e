namespace Moesaic.Kernels;

/// <summary>The keys and values of one head of a segment, tile by tile: rows of a buffer, or pages.</summary>
unsafe struct AttentionKeys
{
    const int Tile = AttentionSizes.TileKeys;

    /// <summary>First key of the segment in the head, rows lie Pitch apart; null for pages.</summary>
    public float* K, V;

    public int Pitch;

    public AttentionPages Pages;

    /// <summary>The segment's part of the page table.</summary>
    public int* Table;

    /// <summary>Keys in each tile of the segment; null when all tiles are full but the last.</summary>
    public int* Tiles;

    public int Head;

    /// <summary>Values in a row of values; the output's further columns of a head are zero.</summary>
    public int ValueDim;

    /// <summary>How many keys of a tile are wanted when <paramref name="left"/> are wanted of it and those after it.</summary>
    internal readonly int Count(int tile, int left) => Math.Min(Tiles == null ? Tile : Tiles[tile], left);

    /// <summary>
    /// The keys of a tile as columns, [dim, Tile]; columns beyond them are undefined. Rows of a buffer are transposed to
    /// the scratch. Valid until the next call.
    /// </summary>
    internal readonly float* KeyColumns(int tile, int key, int count, int dim, float* scratch)
    {
        if (K == null) return KeyTile.Read(Pages.Encoding, Pages.Keys(Table[tile], Head), dim);
        if (count < Tile) new Span<float>(scratch, Tile * dim).Clear();
        Transpose.Run(K + (nint)key * Pitch, Pitch, count, dim, scratch, Tile);
        return scratch;
    }

    /// <summary>
    /// The keys of a tile, number d of key j at j · keyStep + d · dimStep; keys up to the next multiple of four are
    /// undefined. Rows of a buffer are packed to the scratch. Valid until the next call.
    /// </summary>
    internal readonly float* KeyRows<TLanes>(
        int tile, int key, int count, int dim, int pitch, float* scratch, out nint keyStep, out nint dimStep)
        where TLanes : struct, ILanes<TLanes>
    {
        if (K == null)
        {
            (keyStep, dimStep) = (1, Tile);
            return KeyTile.Read(Pages.Encoding, Pages.Keys(Table[tile], Head), dim);
        }

        (keyStep, dimStep) = (pitch, 1);
        TileProduct<TLanes>.Pack(K + (nint)key * Pitch, Pitch, count, dim, scratch, pitch);
        return scratch;
    }

    /// <summary>The values of a tile. Valid until the next call.</summary>
    internal readonly float* ValueRows(int tile, int key, int count, out int pitch)
    {
        if (K == null)
        {
            pitch = ValueDim;
            return ValueTile.Read(Pages.Encoding, Pages.Values(Table[tile], Head), count, pitch);
        }

        pitch = Pitch;
        return V + (nint)key * Pitch;
    }
}
