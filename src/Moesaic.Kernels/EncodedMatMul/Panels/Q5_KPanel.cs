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

    public static int PartDistance => 1;

    public static int FirstPart(int pair) => 2 * pair;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Levels(byte* words, int pair, int unit, out TVector first, out TVector second)
    {
        Fields<TSimd, TVector>.Nibbles(words + (11 + 8 * pair + unit) * PanelShape.WordStride, out first, out second);
        var fifth = TSimd.ShiftRightInts(TSimd.Load(words + (3 + unit) * PanelShape.WordStride), 2 * pair);
        first = TSimd.Or(first, TSimd.And(TSimd.ShiftLeftInts(fifth, 4), TSimd.EachByte(16)));
        second = TSimd.Or(second, TSimd.And(TSimd.ShiftLeftInts(fifth, 3), TSimd.EachByte(16)));
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
