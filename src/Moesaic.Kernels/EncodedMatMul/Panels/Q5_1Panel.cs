using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>Panels of <see cref="WeightEncoding.Q5_1"/>: a word of fifth bits, 4 words of levels; scales half d,
/// half m. Sums of 32 levels of 5 bits do not fit in 16 bits, so they are centred: d·q + m = d·(q − 16) + (m + 16·d).</summary>
readonly unsafe struct Q5_1Panel<TSimd, TVector> : ISmallBlocks<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    public static int Centre => 4;

    public static bool HasMinimum => true;

    public static int BlockStride => 5 * PanelShape.WordStride;

    public static int ScaleStride => 4 * PanelShape.Rows;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Levels(byte* words, int unit, out TVector first, out TVector second) =>
        Fields<TSimd, TVector>.FiveBits(words, unit, out first, out second);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Scale(byte* scales) => Fields<TSimd, TVector>.LowHalf(scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Minimum(byte* scales) =>
        TSimd.AddFloats(Fields<TSimd, TVector>.HighHalf(scales), TSimd.ScaleFloats(Scale(scales), 16));
}
