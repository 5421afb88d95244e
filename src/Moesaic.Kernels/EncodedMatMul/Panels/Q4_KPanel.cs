using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>Panels of <see cref="WeightEncoding.Q4_K"/>: 3 words of scales, 32 words of levels; scales half d, half m.</summary>
readonly unsafe struct Q4_KPanel<TSimd, TVector> : ISuperBlocks<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    public static int RunLength => 32;

    public static int MinimumLength => 32;

    public static int BlockStride => 35 * PanelShape.WordStride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Levels(byte* words, int part, int unit)
    {
        var word = TSimd.Load(words + (3 + part / 2 * 8 + unit) * PanelShape.WordStride);
        return TSimd.And(TSimd.ShiftRightInts(word, part % 2 * 4), TSimd.EachByte(15));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* words, TVector* s, TVector* t) => Fields<TSimd, TVector>.SixBitPairs(words, s, t);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector NegativeMinimum(byte* scales) => TSimd.ScaleFloats(Fields<TSimd, TVector>.HighHalf(scales), -1);
}
