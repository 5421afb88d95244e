namespace Moesaic.Kernels;

/// <summary>Slices of up to 8 blocks of 32 values.</summary>
readonly unsafe struct SmallBlockSlices<TSimd, TVector, TBlocks> : ISlices
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
    where TBlocks : struct, ISmallBlocks<TSimd, TVector>
{
    public static int ScratchBytes =>
        SpreadScales + Activations.Blocks * SpreadSmallBlocks<TSimd, TVector, TBlocks>.ScaleStride;

    static int SpreadScales => Activations.Blocks * SpreadSmallBlocks<TSimd, TVector, TBlocks>.BlockStride;

    public static void Prepare(byte* words, byte* scales, byte* scratch)
    {
    }

    public static void Multiply<TRows>(byte* words, byte* scales, int blocks, byte* scratch, byte* x, nint stride, float* y)
        where TRows : struct, ICount =>
        SmallBlockKernel<TSimd, TVector, TBlocks>.Run<TRows>(words, scales, blocks, x, stride, y);

    public static void Spread(byte* words, byte* scales, int blocks, byte* scratch) =>
        SpreadSmallBlocks<TSimd, TVector, TBlocks>.Write(words, scales, blocks, scratch, scratch + SpreadScales);

    public static void MultiplySpread<TRows>(byte* scratch, int blocks, byte* x, nint stride, float* y)
        where TRows : struct, ICount =>
        SmallBlockKernel<TSimd, TVector, SpreadSmallBlocks<TSimd, TVector, TBlocks>>.Run<TRows>(
            scratch, scratch + SpreadScales, blocks, x, stride, y);
}
