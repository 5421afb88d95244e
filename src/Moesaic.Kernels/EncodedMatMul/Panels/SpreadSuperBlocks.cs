using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>Blocks of 256 values whose levels are spread out to 64 vectors.</summary>
readonly unsafe struct SpreadSuperBlocks<TSimd, TVector, TBlocks> : ISuperBlocks<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
    where TBlocks : struct, ISuperBlocks<TSimd, TVector>
{
    public static int Centre => TBlocks.Centre;

    public static int RunLength => TBlocks.RunLength;

    public static int MinimumLength => TBlocks.MinimumLength;

    public static int BlockStride => 64 * sizeof(TVector);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Levels(byte* words, int part, int unit) => TSimd.Load(words + (8 * part + unit) * sizeof(TVector));

    public static void Scales(byte* words, TVector* s, TVector* t) =>
        throw new NotSupportedException("The scales of spread blocks are expanded before.");

    /// <summary>Writes the levels of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Write(byte* words, byte* to)
    {
        for (var part = 0; part < 8; part++)
        {
            for (var unit = 0; unit < 8; unit++)
            {
                TSimd.Store(TBlocks.Levels(words, part, unit), to);
                to += sizeof(TVector);
            }
        }
    }

    /// <summary>Writes the scales of a block as <see cref="SuperBlockScales"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void WriteScales(byte* words, byte* scales, TVector* to)
    {
        TBlocks.Scales(words, to, to + SuperBlockScales.Minima);
        to[SuperBlockScales.Scale] = TBlocks.Scale(scales);
        if (TBlocks.MinimumLength > 0) to[SuperBlockScales.NegativeMinimum] = TBlocks.NegativeMinimum(scales);
    }
}
