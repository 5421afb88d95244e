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

    public static int PartDistance => 1;

    public static int FirstPart(int pair) => 2 * pair;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Levels(byte* words, int pair, int unit, out TVector first, out TVector second)
    {
        Fields<TSimd, TVector>.Nibbles(words + (3 + 8 * pair + unit) * PanelShape.WordStride, out first, out second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scales(byte* words, TVector* s, TVector* t) => Fields<TSimd, TVector>.SixBitPairs(words, s, t);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector NegativeMinimum(byte* scales) => TSimd.ScaleFloats(Fields<TSimd, TVector>.HighHalf(scales), -1);
}
