using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>Panels of <see cref="WeightEncoding.Q6_K"/>: 32 words of the low 4 bits, 16 words of the high 2 bits, 4 words
/// of scales; scales half d.</summary>
readonly unsafe struct Q6_KPanel<TSimd, TVector> : ISuperBlocks<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    public static int Centre => 5;

    public static int BlockStride => 52 * PanelShape.WordStride;

    public static int ScaleStride => 2 * PanelShape.Rows;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Levels(byte* words, int pair, int unit, out TVector first, out TVector second)
    {
        var (half, odd) = (pair / 2, pair % 2);
        Fields<TSimd, TVector>.Nibbles(words + (half * 16 + odd * 8 + unit) * PanelShape.WordStride, out first, out second);
        var high = TSimd.ShiftRightInts(TSimd.Load(words + (32 + half * 8 + unit) * PanelShape.WordStride), 2 * odd);
        first = TSimd.Or(first, TSimd.And(TSimd.ShiftLeftInts(high, 4), TSimd.EachByte(48)));
        second = TSimd.Or(second, TSimd.And(high, TSimd.EachByte(48)));
    }

    public static void Scales(byte* words, TVector* s, TVector* t)
    {
        for (var four = 0; four < 4; four++)
            Fields<TSimd, TVector>.TwiceSigned(TSimd.Load(words + (48 + four) * PanelShape.WordStride), s + 4 * four);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Scale(byte* scales) => TSimd.HalvesToFloats(TSimd.LoadWords(scales));
}
