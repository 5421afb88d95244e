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

    public static int PartDistance => TBlocks.PartDistance;

    public static int FirstPart(int pair) => TBlocks.FirstPart(pair);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Levels(byte* words, int pair, int unit, out TVector first, out TVector second)
    {
        words += (16 * pair + 2 * unit) * sizeof(TVector);
        first = TSimd.Load(words);
        second = TSimd.Load(words + sizeof(TVector));
    }

    public static void Scales(byte* words, TVector* s, TVector* t) =>
        throw new NotSupportedException("The scales of spread blocks are expanded before.");

    /// <summary>Writes the levels of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Write(byte* words, byte* to)
    {
        for (var pair = 0; pair < 4; pair++)
        {
            for (var unit = 0; unit < 8; unit++)
            {
                TBlocks.Levels(words, pair, unit, out var first, out var second);
                TSimd.Store(first, to);
                TSimd.Store(second, to + sizeof(TVector));
                to += 2 * sizeof(TVector);
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
