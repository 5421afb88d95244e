namespace Moesaic.Kernels;

/// <summary>Slices of one block of 256 values.</summary>
readonly unsafe struct SuperBlockSlices<TSimd, TVector, TBlocks> : ISlices
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
    where TBlocks : struct, ISuperBlocks<TSimd, TVector>
{
    public static int ScratchBytes => SpreadLevels + SpreadSuperBlocks<TSimd, TVector, TBlocks>.BlockStride;

    static int SpreadLevels => SuperBlockScales.Count * sizeof(TVector);

    public static void Prepare(byte* words, byte* scales, byte* scratch) =>
        SpreadSuperBlocks<TSimd, TVector, TBlocks>.WriteScales(words, scales, (TVector*)scratch);

    public static void Multiply<TRows>(byte* words, byte* scales, int blocks, byte* scratch, byte* x, nint stride, float* y)
        where TRows : struct, ICount =>
        SuperBlockKernel<TSimd, TVector, TBlocks>.Run<TRows>(words, (TVector*)scratch, x, stride, y);

    public static void Spread(byte* words, byte* scales, int blocks, byte* scratch)
    {
        Prepare(words, scales, scratch);
        SpreadSuperBlocks<TSimd, TVector, TBlocks>.Write(words, scratch + SpreadLevels);
    }

    public static void MultiplySpread<TRows>(byte* scratch, int blocks, byte* x, nint stride, float* y)
        where TRows : struct, ICount =>
        SuperBlockKernel<TSimd, TVector, SpreadSuperBlocks<TSimd, TVector, TBlocks>>.Run<TRows>(
            scratch + SpreadLevels, (TVector*)scratch, x, stride, y);
}
