using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>Readings of a panel that several encodings share.</summary>
static unsafe class Fields<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    /// <summary>The low and the high 4 bits of each byte of a word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Nibbles(byte* word, out TVector low, out TVector high)
    {
        var both = TSimd.Load(word);
        low = TSimd.And(both, TSimd.EachByte(15));
        high = TSimd.And(TSimd.ShiftRightInts(both, 4), TSimd.EachByte(15));
    }

    /// <summary>
    /// Levels of 5 bits of the values 4·unit to 4·unit + 3, and of the values 16 later: bit 8·i + u of the first word is the
    /// fifth bit of value 4·u + i, the low 4 bits follow.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void FiveBits(byte* words, int unit, out TVector first, out TVector second)
    {
        Nibbles(words + (1 + unit) * PanelShape.WordStride, out first, out second);
        var bits = TSimd.ShiftRightInts(TSimd.Load(words), unit);
        first = TSimd.Or(first, TSimd.And(TSimd.ShiftLeftInts(bits, 4), TSimd.EachByte(16)));
        second = TSimd.Or(second, TSimd.And(bits, TSimd.EachByte(16)));
    }

    /// <summary>The first half-precision number of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector LowHalf(byte* scales) =>
        TSimd.HalvesToFloats(TSimd.And(TSimd.Load(scales), TSimd.EachInt(0xFFFF)));

    /// <summary>The second half-precision number of each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TVector HighHalf(byte* scales) => TSimd.HalvesToFloats(TSimd.ShiftRightInts(TSimd.Load(scales), 16));

    /// <summary>
    /// 6-bit scales s and minima t of the 8 parts of a block, packed in 3 words: writes s twice per lane as words, t in
    /// pairs.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void SixBitPairs(byte* words, TVector* s, TVector* t)
    {
        var (first, second) = (TSimd.Load(words), TSimd.Load(words + PanelShape.WordStride));
        var third = TSimd.Load(words + 2 * PanelShape.WordStride);
        var (low, top) = (TSimd.EachByte(63), TSimd.EachByte(48));
        Twice(TSimd.And(first, low), s);
        Twice(TSimd.Or(TSimd.And(third, TSimd.EachByte(15)), TSimd.And(TSimd.ShiftRightInts(first, 2), top)), s + 4);
        Pairs(TSimd.And(second, low), t);
        Pairs(
            TSimd.Or(
                TSimd.And(TSimd.ShiftRightInts(third, 4), TSimd.EachByte(15)), TSimd.And(TSimd.ShiftRightInts(second, 2), top)),
            t + 2);
    }

    /// <summary>Each of the 4 unsigned bytes of the lanes, as two equal words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Twice(TVector bytes, TVector* to)
    {
        // In each 32-bit lane the bytes (i, none, i, none).
        var index = TSimd.LaneBytes(0x80008000);
        to[0] = TSimd.Shuffle(bytes, index);
        to[1] = TSimd.Shuffle(bytes, TSimd.AddBytes(index, TSimd.EachInt(0x00010001)));
        to[2] = TSimd.Shuffle(bytes, TSimd.AddBytes(index, TSimd.EachInt(0x00020002)));
        to[3] = TSimd.Shuffle(bytes, TSimd.AddBytes(index, TSimd.EachInt(0x00030003)));
    }

    /// <summary>Each of the 4 signed bytes of the lanes, as two equal words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void TwiceSigned(TVector bytes, TVector* to)
    {
        var index = TSimd.LaneBytes(0x00800080);
        to[0] = TSimd.ShiftRightWords(TSimd.Shuffle(bytes, index), 8);
        to[1] = TSimd.ShiftRightWords(TSimd.Shuffle(bytes, TSimd.AddBytes(index, TSimd.EachInt(0x01000100))), 8);
        to[2] = TSimd.ShiftRightWords(TSimd.Shuffle(bytes, TSimd.AddBytes(index, TSimd.EachInt(0x02000200))), 8);
        to[3] = TSimd.ShiftRightWords(TSimd.Shuffle(bytes, TSimd.AddBytes(index, TSimd.EachInt(0x03000300))), 8);
    }

    /// <summary>The first two and the last two unsigned bytes of the lanes, as words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Pairs(TVector bytes, TVector* to)
    {
        var index = TSimd.LaneBytes(0x80018000);
        to[0] = TSimd.Shuffle(bytes, index);
        to[1] = TSimd.Shuffle(bytes, TSimd.AddBytes(index, TSimd.EachInt(0x00020002)));
    }
}
