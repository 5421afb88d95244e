namespace Moesaic.Kernels;

/// <summary>The keys and values of one head of a segment, tile by tile: rows of a buffer, or pages.</summary>
unsafe struct AttentionKeys
{
    /// <summary>First key of the segment in the head, rows lie Pitch apart; null for pages.</summary>
    public float* K, V;

    public int Pitch;

    public AttentionPages Pages;

    /// <summary>The segment's part of the page table.</summary>
    public int* Table;

    public int Head;

    /// <summary>Values in a row of values; the output's further columns of a head are zero.</summary>
    public int ValueDim;

    /// <summary>The keys of a tile, valid until the next call of either method.</summary>
    internal readonly float* KeyRows(int key, int count, out int pitch)
    {
        if (K != null)
        {
            pitch = Pitch;
            return K + (nint)key * Pitch;
        }

        pitch = Pages.KeyDim;
        return CacheTile.Read(Pages.Encoding, Pages.KeyTile(Table[key / AttentionPages.Tokens], Head), count, pitch);
    }

    /// <summary>The values of a tile, valid until the next call of either method.</summary>
    internal readonly float* ValueRows(int key, int count, out int pitch)
    {
        if (K != null)
        {
            pitch = Pitch;
            return V + (nint)key * Pitch;
        }

        pitch = Pages.ValueDim;
        return CacheTile.Read(Pages.Encoding, Pages.ValueTile(Table[key / AttentionPages.Tokens], Head), count, pitch);
    }
}
