namespace Moesaic.Kernels;

/// <summary>
/// Rows of activations as signed bytes, in slices of <see cref="SliceLength"/> values that carry their scales and the
/// sums that offsets of weight levels are multiplied with. Two forms differ in how many values share a scale.
/// </summary>
static class Activations
{
    /// <summary>Values of a slice; the last slice of a row is filled up with zeros.</summary>
    internal const int SliceLength = 256;

    /// <summary>Values that share a scale in the form for blocks of 32.</summary>
    internal const int BlockLength = 32;

    /// <summary>Blocks of a slice.</summary>
    internal const int Blocks = SliceLength / BlockLength;

    /// <summary>Bytes of a slice: levels, then what belongs to the form.</summary>
    internal const int SliceBytes = 384;

    /// <summary>float per block of 32: the scale.</summary>
    internal const int BlockScales = SliceLength;

    /// <summary>float per block of 32: scale times the sum of the levels.</summary>
    internal const int BlockSums = BlockScales + 4 * Blocks;

    /// <summary>
    /// Per block of 32 two words: minus the sum of the levels at places 0 and 1 modulo 4, and of those at 2 and 3, times
    /// 2^<see cref="BlockHalfSumsShift"/>.
    /// </summary>
    internal const int BlockHalfSums = BlockSums + 4 * Blocks;

    /// <summary>8, the most frequent offset.</summary>
    internal const int BlockHalfSumsShift = 3;

    /// <summary>
    /// Per 16 values two words as in <see cref="BlockHalfSums"/>, times 2^<see cref="HalfSumsShift"/>.
    /// </summary>
    internal const int HalfSums = SliceLength;

    /// <summary>4, the least offset.</summary>
    internal const int HalfSumsShift = 2;

    /// <summary>Per 16 values a word: the sum of the levels.</summary>
    internal const int Sums16 = HalfSums + 4 * 16;

    /// <summary>Per 32 values a word: the sum of the levels.</summary>
    internal const int Sums32 = Sums16 + 2 * 16;

    /// <summary>float: the scale of the slice.</summary>
    internal const int Scale = Sums32 + 2 * 8;

    internal static int Slices(int k) => (int)(((long)k + SliceLength - 1) / SliceLength);

    /// <summary>
    /// Bytes from one row to the next: an odd number of cache lines, so that rows do not compete for the same places.
    /// </summary>
    internal static nint RowBytes(int k) => (nint)Slices(k) * SliceBytes + 64;
}
