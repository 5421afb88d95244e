using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>Panels of <see cref="WeightEncoding.Q4_1"/>: 4 words of levels; scales half d, half m.</summary>
readonly unsafe struct Q4_1Panel<TSimd, TVector> : ISmallBlocks<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    public static bool HasMinimum => true;

    public static int BlockStride => 4 * PanelShape.WordStride;

    public static int ScaleStride => 4 * PanelShape.Rows;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Levels(byte* words, int unit, out TVector first, out TVector second) =>
        Fields<TSimd, TVector>.Nibbles(words + unit * PanelShape.WordStride, out first, out second);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Scale(byte* scales) => Fields<TSimd, TVector>.LowHalf(scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Minimum(byte* scales) => Fields<TSimd, TVector>.HighHalf(scales);
}
