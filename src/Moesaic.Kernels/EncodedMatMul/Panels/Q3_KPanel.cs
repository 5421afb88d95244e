using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>Panels of <see cref="WeightEncoding.Q3_K"/>: 8 words of third bits, 16 words of levels, 3 words of scales;
/// scales half d.</summary>
readonly unsafe struct Q3_KPanel<TSimd, TVector> : ISuperBlocks<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    public static int Centre => 2;

    public static int BlockStride => 27 * PanelShape.WordStride;

    public static int ScaleStride => 2 * PanelShape.Rows;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Levels(byte* words, int pair, int unit, out TVector first, out TVector second)
    {
        var low = TSimd.ShiftRightInts(
            TSimd.Load(words + (8 + pair / 2 * 8 + unit) * PanelShape.WordStride), pair % 2 * 2);
        var third = TSimd.ShiftRightInts(TSimd.Load(words + unit * PanelShape.WordStride), pair / 2 * 4 + pair % 2);
        first = TSimd.Or(
            TSimd.And(low, TSimd.EachByte(3)), TSimd.And(TSimd.ShiftLeftInts(third, 2), TSimd.EachByte(4)));
        second = TSimd.Or(
            TSimd.And(TSimd.ShiftRightInts(low, 4), TSimd.EachByte(3)), TSimd.And(third, TSimd.EachByte(4)));
    }

    // The low 4 bits of 8 scales are the low halves of the first two words, those of the other 8 the high halves; the
    // third word has the high 2 bits of all.
    public static void Scales(byte* words, TVector* s, TVector* t)
    {
        var scales = words + 24 * PanelShape.WordStride;
        var high = TSimd.Load(scales + 2 * PanelShape.WordStride);
        for (var two = 0; two < 2; two++)
        {
            Fields<TSimd, TVector>.Nibbles(scales + two * PanelShape.WordStride, out var first, out var third);
            Fields<TSimd, TVector>.TwiceSigned(Signed(first, TSimd.ShiftRightInts(high, 2 * two)), s + 4 * two);
            Fields<TSimd, TVector>.TwiceSigned(Signed(third, TSimd.ShiftRightInts(high, 4 + 2 * two)), s + 8 + 4 * two);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Scale(byte* scales) => TSimd.HalvesToFloats(TSimd.LoadWords(scales));

    // low + 16 · (2 bits) − 32, in bytes.
    static TVector Signed(TVector low, TVector high) => TSimd.AddBytes(
        TSimd.Or(low, TSimd.ShiftLeftInts(TSimd.And(high, TSimd.EachByte(3)), 4)), TSimd.EachByte(256 - 32));
}
