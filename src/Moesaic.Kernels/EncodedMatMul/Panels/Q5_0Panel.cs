using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>Panels of <see cref="WeightEncoding.Q5_0"/>: a word of fifth bits, 4 words of levels; scales half d.</summary>
readonly unsafe struct Q5_0Panel<TSimd, TVector> : ISmallBlocks<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    public static int Centre => 4;

    public static int BlockStride => 5 * PanelShape.WordStride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Levels(byte* words, int unit, out TVector first, out TVector second) =>
        Fields<TSimd, TVector>.FiveBits(words, unit, out first, out second);
}
