using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>Panels of <see cref="WeightEncoding.MXFP4"/>: 4 words of 4-bit numbers; scales exponent e. Levels are twice
/// the numbers plus 16, d = 2^(e − 128).</summary>
readonly unsafe struct MXFP4Panel<TSimd, TVector> : ISmallBlocks<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    public static int Centre => 4;

    public static int BlockStride => 4 * PanelShape.WordStride;

    public static int ScaleStride => PanelShape.Rows;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Levels(byte* words, int unit, out TVector first, out TVector second)
    {
        Fields<TSimd, TVector>.Nibbles(words + unit * PanelShape.WordStride, out first, out second);
        var table = TSimd.Repeat(0x1C18161413121110, 0x04080A0C0D0E0F10);
        first = TSimd.Shuffle(table, first);
        second = TSimd.Shuffle(table, second);
    }

    // The product of two powers with half the exponent each, as the smallest are subnormal.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Scale(byte* scales)
    {
        var exponent = TSimd.LoadBytes(scales);
        var half = TSimd.ShiftRightInts(exponent, 1);
        var rest = TSimd.AddInts(half, TSimd.And(exponent, TSimd.EachInt(1)));
        return TSimd.MultiplyFloats(PowerOfTwo(half), PowerOfTwo(rest));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector PowerOfTwo(TVector exponent) => TSimd.ShiftLeftInts(TSimd.AddInts(exponent, TSimd.EachInt(127 - 64)), 23);
}
