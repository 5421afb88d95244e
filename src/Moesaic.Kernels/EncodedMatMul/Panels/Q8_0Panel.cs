using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>Panels of <see cref="WeightEncoding.Q8_0"/>: 8 words of levels; scales half d.</summary>
readonly unsafe struct Q8_0Panel<TSimd, TVector> : ISmallBlocks<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    public static bool TwoPlanes => true;

    public static int Centre => 3;

    public static int BlockStride => 8 * PanelShape.WordStride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Levels(byte* words, int unit, out TVector first, out TVector second)
    {
        first = TSimd.And(TSimd.Load(words + unit * PanelShape.WordStride), TSimd.EachByte(15));
        second = TSimd.And(TSimd.Load(words + (unit + 4) * PanelShape.WordStride), TSimd.EachByte(15));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void HighLevels(byte* words, int unit, out TVector first, out TVector second)
    {
        first = High(words + unit * PanelShape.WordStride);
        second = High(words + (unit + 4) * PanelShape.WordStride);
    }

    // The upper 4 bits of a signed byte, plus 8.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector High(byte* word) =>
        TSimd.Xor(TSimd.And(TSimd.ShiftRightInts(TSimd.Load(word), 4), TSimd.EachByte(15)), TSimd.EachByte(8));
}
