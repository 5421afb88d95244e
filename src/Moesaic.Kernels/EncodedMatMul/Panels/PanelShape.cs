namespace Moesaic.Kernels;

/// <summary>
/// How the blocks of an encoding lie in a panel of <see cref="Rows"/> output rows. A block is one run of 4-byte words and
/// at most one scale field. A panel is a row of slices of 256 values. In a slice, word w of a block of all rows lies
/// together, so that 64 bytes are 16 rows times 4 bytes; the blocks' words follow each other, then their scale fields,
/// interleaved in the same way. So a product reads memory in one direction.
/// </summary>
/// <param name="BlockLength">Values in a block.</param>
/// <param name="BlockBytes">Bytes of a block in file order.</param>
/// <param name="FirstWord">Offset of the words in a block.</param>
/// <param name="Words">Number of words.</param>
/// <param name="ScaleOffset">Offset of the scale field.</param>
/// <param name="ScaleBytes">Bytes of the scale field; 0 when there is none.</param>
/// <param name="FifthBits">The first word holds a fifth bit of 32 values, see <see cref="PanelOrder"/>.</param>
readonly record struct PanelShape(
    int BlockLength, int BlockBytes, int FirstWord, int Words, int ScaleOffset, int ScaleBytes, bool FifthBits = false)
{
    /// <summary>Output rows of a panel.</summary>
    internal const int Rows = 16;

    /// <summary>Bytes of the words that lie together.</summary>
    internal const int WordStride = Rows * sizeof(uint);

    /// <summary>Bytes of a block's words in a panel.</summary>
    internal int BlockStride => Words * WordStride;

    /// <summary>Bytes of a block's scales in a panel.</summary>
    internal int ScaleStride => ScaleBytes * Rows;

    /// <summary>Blocks of a slice.</summary>
    internal int SliceBlocks => Activations.SliceLength / BlockLength;

    /// <summary>Blocks of a row of <paramref name="k"/> values; the last may be cut short.</summary>
    internal int Blocks(int k) => (int)(((long)k + BlockLength - 1) / BlockLength);

    /// <summary>Bytes of a slice of so many blocks, whole cache lines.</summary>
    internal int SliceBytes(int blocks) => (blocks * (BlockStride + ScaleStride) + WordStride - 1) / WordStride * WordStride;

    /// <summary>Bytes of a panel, whole cache lines.</summary>
    internal long PanelBytes(int k)
    {
        var (slices, rest) = Math.DivRem(Blocks(k), SliceBlocks);
        return slices * (long)SliceBytes(SliceBlocks) + SliceBytes(rest);
    }
}
