using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>Panels of <see cref="WeightEncoding.Q4_0"/>: 4 words of levels; scales half d.</summary>
readonly unsafe struct Q4_0Panel<TSimd, TVector> : ISmallBlocks<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    public static int Centre => 3;

    public static int BlockStride => 4 * PanelShape.WordStride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Levels(byte* words, int unit, out TVector first, out TVector second) =>
        Fields<TSimd, TVector>.Nibbles(words + unit * PanelShape.WordStride, out first, out second);
}
