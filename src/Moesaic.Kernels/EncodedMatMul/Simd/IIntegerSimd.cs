namespace Moesaic.Kernels;

/// <summary>
/// What the products with encoded weights need of a vector width. The bits of a vector are read as bytes, 16-bit words,
/// 32-bit integers or float32, as the operation's name says. Integer operations give the same integers at every width.
/// </summary>
unsafe interface IIntegerSimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Number of 32-bit lanes.</summary>
    static abstract int Lanes { get; }

    static abstract TVector Load(void* address);

    static abstract void Store(TVector value, void* address);

    static abstract TVector EachByte(byte value);

    static abstract TVector EachWord(short value);

    static abstract TVector EachInt(int value);

    /// <summary>
    /// Indices for <see cref="Shuffle"/>: the 4 bytes of <paramref name="pattern"/> plus the number of the lane's first byte.
    /// </summary>
    static abstract TVector LaneBytes(uint pattern);

    /// <summary>A pattern of 16 bytes, repeated.</summary>
    static abstract TVector Repeat(ulong first, ulong second);

    /// <summary>As many 16-bit numbers as there are lanes, widened without sign.</summary>
    static abstract TVector LoadWords(void* address);

    /// <summary>As many bytes as there are lanes, widened without sign.</summary>
    static abstract TVector LoadBytes(void* address);

    static abstract TVector And(TVector x, TVector y);

    static abstract TVector Or(TVector x, TVector y);

    static abstract TVector Xor(TVector x, TVector y);

    static abstract TVector ShiftLeftInts(TVector x, int count);

    static abstract TVector ShiftRightInts(TVector x, int count);

    /// <summary>With the sign.</summary>
    static abstract TVector ShiftRightWords(TVector x, int count);

    static abstract TVector AddBytes(TVector x, TVector y);

    static abstract TVector AddInts(TVector x, TVector y);

    static abstract TVector AddFloats(TVector x, TVector y);

    static abstract TVector MultiplyFloats(TVector x, TVector y);

    static abstract TVector ScaleFloats(TVector x, float factor);

    /// <summary>
    /// Per 16 bytes: the byte of <paramref name="table"/> that the low 4 bits of each index name, or zero where the
    /// index has its top bit set. Other bits of an index must be zero.
    /// </summary>
    static abstract TVector Shuffle(TVector table, TVector indices);

    /// <summary>The numbers whose half-precision bits are in the low 16 bits of each lane, the others being zero.</summary>
    static abstract TVector HalvesToFloats(TVector bits);

    /// <summary>
    /// Words += unsigned bytes of <paramref name="levels"/> times the 4 signed bytes at <paramref name="x"/>, two products
    /// added. The caller sees to it that each two products fit in 16 bits, and so does the final sum.
    /// </summary>
    static abstract TVector MultiplyAddBytes(TVector levels, void* x, TVector sum);

    /// <summary>Of signed bytes, as unsigned ones.</summary>
    static abstract TVector Magnitudes(TVector bytes);

    /// <summary>
    /// Per lane: ints += signed bytes times the 4 signed bytes at <paramref name="x"/>, of which none is −128.
    /// </summary>
    static abstract TVector MultiplyAddSigned(TVector bytes, TVector magnitudes, void* x, TVector sum);

    /// <summary>The 2 words at <paramref name="address"/> in each lane, times 2^<paramref name="shift"/>.</summary>
    static abstract TVector BroadcastWords(void* address, int shift);

    /// <summary>Per lane: signed words multiplied, two products added.</summary>
    static abstract TVector MultiplyAddWords(TVector x, TVector y);

    /// <summary>Per lane: ints += signed words multiplied, two products added.</summary>
    static abstract TVector MultiplyAddWords(TVector x, TVector y, TVector sum);

    /// <summary>Per lane: ints += signed words multiplied with the 2 words at <paramref name="x"/>, two products added.</summary>
    static abstract TVector MultiplyAddWordsAt(TVector words, void* x, TVector sum);

    /// <summary>
    /// y + ints · (scale · the float at <paramref name="x"/>), the last sum with one rounding where the machine has fused
    /// arithmetic.
    /// </summary>
    static abstract TVector AddScaled(TVector ints, TVector scale, void* x, TVector y);

    /// <summary>y + floats · the float at <paramref name="x"/>, with one rounding where the machine has fused arithmetic.</summary>
    static abstract TVector AddProduct(TVector floats, void* x, TVector y);
}
