namespace Moesaic.Kernels;

/// <summary>
/// How the blocks of an encoding lie in a panel of <see cref="Rows"/> output rows. A block is one run of 4-byte words and
/// at most one scale field. Of each block, word w of all rows lies together, so that 64 bytes are 16 rows times 4 bytes;
/// the scale fields of all blocks follow, interleaved in the same way.
/// </summary>
/// <param name="BlockLength">Values in a block.</param>
/// <param name="BlockBytes">Bytes of a block in file order.</param>
/// <param name="FirstWord">Offset of the words in a block.</param>
/// <param name="Words">Number of words.</param>
/// <param name="ScaleOffset">Offset of the scale field.</param>
/// <param name="ScaleBytes">Bytes of the scale field; 0 when there is none.</param>
/// <param name="FifthBits">The first word holds a fifth bit of 32 values.</param>
readonly record struct PanelShape(
    int BlockLength, int BlockBytes, int FirstWord, int Words, int ScaleOffset, int ScaleBytes, bool FifthBits = false)
{
    /// <summary>Output rows of a panel.</summary>
    internal const int Rows = 16;

    /// <summary>Bytes of the words that lie together.</summary>
    internal const int WordStride = Rows * 4;

    /// <summary>Bytes of a block's words in a panel.</summary>
    internal int BlockStride => Words * WordStride;

    /// <summary>Bytes of a block's scales in a panel.</summary>
    internal int ScaleStride => ScaleBytes * Rows;

    internal int Blocks(int k) => (int)(((long)k + BlockLength - 1) / BlockLength);

    /// <summary>Offset of the scales in a panel.</summary>
    internal long Scales(int k) => (long)Blocks(k) * BlockStride;

    /// <summary>Bytes of a panel, whole cache lines.</summary>
    internal long PanelBytes(int k) => (Scales(k) + (long)Blocks(k) * ScaleStride + WordStride - 1) / WordStride * WordStride;
}
