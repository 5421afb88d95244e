using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>Panels of <see cref="WeightEncoding.IQ4_NL"/>: 4 words of indices; scales half d. The table's entries plus
/// 128 are looked up as two planes.</summary>
readonly unsafe struct IQ4_NLPanel<TSimd, TVector> : ISmallBlocks<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    public static bool TwoPlanes => true;

    public static int Centre => 3;

    public static int BlockStride => 4 * PanelShape.WordStride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Levels(byte* words, int unit, out TVector first, out TVector second) =>
        LookUp(TSimd.Repeat(0x060A0D0F0F0D0801, 0x0109050506090D01), words, unit, out first, out second);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void HighLevels(byte* words, int unit, out TVector first, out TVector second) =>
        LookUp(TSimd.Repeat(0x0706050403020100, 0x0F0D0C0B0A090808), words, unit, out first, out second);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void LookUp(TVector table, byte* words, int unit, out TVector first, out TVector second)
    {
        Fields<TSimd, TVector>.Nibbles(words + unit * PanelShape.WordStride, out first, out second);
        first = TSimd.Shuffle(table, first);
        second = TSimd.Shuffle(table, second);
    }
}
