using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>Panels of <see cref="WeightEncoding.Q2_K"/>: 4 words of scales, 16 words of levels; scales half d, half m.</summary>
readonly unsafe struct Q2_KPanel<TSimd, TVector> : ISuperBlocks<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    public static int MinimumLength => 16;

    public static int BlockStride => 20 * PanelShape.WordStride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Levels(byte* words, int pair, int unit, out TVector first, out TVector second)
    {
        var word = TSimd.ShiftRightInts(
            TSimd.Load(words + (4 + pair / 2 * 8 + unit) * PanelShape.WordStride), pair % 2 * 2);
        first = TSimd.And(word, TSimd.EachByte(3));
        second = TSimd.And(TSimd.ShiftRightInts(word, 4), TSimd.EachByte(3));
    }

    public static void Scales(byte* words, TVector* s, TVector* t)
    {
        for (var four = 0; four < 4; four++)
        {
            Fields<TSimd, TVector>.Nibbles(words + four * PanelShape.WordStride, out var low, out var high);
            Fields<TSimd, TVector>.Twice(low, s + 4 * four);
            Fields<TSimd, TVector>.Pairs(high, t + 2 * four);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector NegativeMinimum(byte* scales) => TSimd.ScaleFloats(Fields<TSimd, TVector>.HighHalf(scales), -1);
}
