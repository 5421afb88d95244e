namespace Moesaic.Kernels;

/// <summary>
/// An encoding whose blocks of 32 values have a float scale: x = d·(q − c) or x = d·q + m. Vectors hold part of a panel:
/// each lane is an output row, its 4 bytes are 4 neighbours in k.
/// </summary>
unsafe interface ISmallBlocks<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    /// <summary>Levels take 8 bits, which are multiplied as two planes of 4.</summary>
    static virtual bool TwoPlanes => false;

    /// <summary>The power of two that is c; 0: none is subtracted. Of the high plane when there are two.</summary>
    static virtual int Centre => 0;

    /// <summary>Blocks have a minimum m.</summary>
    static virtual bool HasMinimum => false;

    /// <summary>Bytes from the words of a block to those of the next.</summary>
    static abstract int BlockStride { get; }

    /// <summary>Bytes from the scales of a block to those of the next.</summary>
    static virtual int ScaleStride => 2 * PanelShape.Rows;

    /// <summary>
    /// q, or the low plane of it, of the values 4·unit to 4·unit + 3 as unsigned bytes, and of the values 16 later.
    /// </summary>
    static abstract void Levels(byte* words, int unit, out TVector first, out TVector second);

    /// <summary>The high plane of q.</summary>
    static virtual void HighLevels(byte* words, int unit, out TVector first, out TVector second) => first = second = default;

    /// <summary>d.</summary>
    static virtual TVector Scale(byte* scales) => TSimd.HalvesToFloats(TSimd.LoadWords(scales));

    /// <summary>m, or m + c·d where levels are centred too.</summary>
    static virtual TVector Minimum(byte* scales) => default;
}
