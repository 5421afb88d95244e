using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>Panels of <see cref="WeightEncoding.Q5_K"/>: 3 words of scales, 8 words of fifth bits, 32 words of levels;
/// scales half d, half m. A run is half a part: 32 levels of 5 bits do not sum in 16 bits.</summary>
readonly unsafe struct Q5_KPanel<TSimd, TVector> : ISuperBlocks<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    public static int MinimumLength => 32;

    public static int BlockStride => 43 * PanelShape.WordStride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Levels(byte* words, int part, int unit)
    {
        var low = TSimd.ShiftRightInts(TSimd.Load(words + (11 + part / 2 * 8 + unit) * PanelShape.WordStride), part % 2 * 4);
        var fifth = TSimd.ShiftRightInts(TSimd.Load(words + (3 + unit) * PanelShape.WordStride), part);
        return TSimd.Or(
            TSimd.And(low, TSimd.EachByte(15)),
            TSimd.ShiftLeftInts(TSimd.And(fifth, TSimd.EachByte(1)), 4));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* words, TVector* s, TVector* t)
    {
        Fields<TSimd, TVector>.SixBitPairs(words, s, t);
        for (var part = 7; part >= 0; part--)
            s[2 * part + 1] = s[2 * part] = s[part];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector NegativeMinimum(byte* scales) => TSimd.ScaleFloats(Fields<TSimd, TVector>.HighHalf(scales), -1);
}
