namespace Moesaic.Kernels;

/// <summary>
/// An encoding whose blocks of 256 values have integer scales per 16 or 32 values: x = d·s·(q − c) or x = d·s·q − m·t.
/// Vectors hold part of a panel, as with <see cref="ISmallBlocks{TSimd,TVector}"/>.
/// </summary>
unsafe interface ISuperBlocks<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    /// <summary>The power of two that is c; 0: none is subtracted.</summary>
    static virtual int Centre => 0;

    /// <summary>
    /// Values whose products are summed before s is applied, 16 or 32: they share s, and the sum fits in 16 bits.
    /// </summary>
    static virtual int RunLength => 16;

    /// <summary>Values that share a minimum t, 16 or 32; 0 when there are none.</summary>
    static virtual int MinimumLength => 0;

    /// <summary>Bytes from the words of a block to those of the next.</summary>
    static abstract int BlockStride { get; }

    /// <summary>Bytes from the scales of a block to those of the next.</summary>
    static virtual int ScaleStride => 4 * PanelShape.Rows;

    /// <summary>
    /// Parts of 32 values that lie in the same words, and are read in pairs, are so many parts apart: 1 or 2.
    /// </summary>
    static virtual int PartDistance => 2;

    /// <summary>The first part of pair 0 to 3; the second is <see cref="PartDistance"/> later.</summary>
    static virtual int FirstPart(int pair) => pair / 2 * 4 + pair % 2;

    /// <summary>q of the values 4·unit to 4·unit + 3 of both parts of a pair, as unsigned bytes.</summary>
    static abstract void Levels(byte* words, int pair, int unit, out TVector first, out TVector second);

    /// <summary>
    /// Writes s of each run, twice per lane as 16-bit words, then t of each two neighbours as a pair of 16-bit words.
    /// </summary>
    static abstract void Scales(byte* words, TVector* s, TVector* t);

    /// <summary>d.</summary>
    static virtual TVector Scale(byte* scales) => TSimd.HalvesToFloats(TSimd.And(TSimd.Load(scales), TSimd.EachInt(0xFFFF)));

    /// <summary>−m.</summary>
    static virtual TVector NegativeMinimum(byte* scales) => default;
}
