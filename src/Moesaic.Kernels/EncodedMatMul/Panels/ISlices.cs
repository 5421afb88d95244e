namespace Moesaic.Kernels;

/// <summary>
/// How a slice of 256 k of a panel is multiplied: at once from the panel, or from levels that are first spread out in
/// scratch memory for many activation rows. Both give the same bits.
/// </summary>
unsafe interface ISlices
{
    /// <summary>Bytes of scratch memory, in whole cache lines.</summary>
    static abstract int ScratchBytes { get; }

    /// <summary>What <see cref="Multiply"/> needs in <paramref name="scratch"/>.</summary>
    static abstract void Prepare(byte* words, byte* scales, byte* scratch);

    /// <summary>y += x · slice for TRows activation rows and the output rows of a vector.</summary>
    static abstract void Multiply<TRows>(byte* words, byte* scales, int blocks, byte* scratch, byte* x, nint stride, float* y)
        where TRows : struct, ICount;

    /// <summary>Spreads the slice out in <paramref name="scratch"/>.</summary>
    static abstract void Spread(byte* words, byte* scales, int blocks, byte* scratch);

    /// <summary>As <see cref="Multiply"/>, from what <see cref="Spread"/> has written.</summary>
    static abstract void MultiplySpread<TRows>(byte* scratch, int blocks, byte* x, nint stride, float* y)
        where TRows : struct, ICount;
}
