using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>
/// Blocks of 32 values whose levels are spread out: 8 vectors of levels, 8 of the high plane if there is one; scales are
/// vectors of float32, d and m.
/// </summary>
readonly unsafe struct SpreadSmallBlocks<TSimd, TVector, TBlocks> : ISmallBlocks<TSimd, TVector>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
    where TBlocks : struct, ISmallBlocks<TSimd, TVector>
{
    public static bool TwoPlanes => TBlocks.TwoPlanes;

    public static int Centre => TBlocks.Centre;

    public static bool HasMinimum => TBlocks.HasMinimum;

    public static int BlockStride => (TBlocks.TwoPlanes ? 16 : 8) * sizeof(TVector);

    public static int ScaleStride => (TBlocks.HasMinimum ? 2 : 1) * sizeof(TVector);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Levels(byte* words, int unit, out TVector first, out TVector second)
    {
        first = TSimd.Load(words + unit * sizeof(TVector));
        second = TSimd.Load(words + (unit + 4) * sizeof(TVector));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void HighLevels(byte* words, int unit, out TVector first, out TVector second)
    {
        first = TSimd.Load(words + (unit + 8) * sizeof(TVector));
        second = TSimd.Load(words + (unit + 12) * sizeof(TVector));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Scale(byte* scales) => TSimd.Load(scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Minimum(byte* scales) => TSimd.Load(scales + sizeof(TVector));

    /// <summary>Writes the levels and the scales of blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Write(byte* words, byte* scales, int blocks, byte* toWords, byte* toScales)
    {
        for (var block = 0; block < blocks; block++)
        {
            for (var unit = 0; unit < 4; unit++)
            {
                TBlocks.Levels(words, unit, out var first, out var second);
                TSimd.Store(first, toWords + unit * sizeof(TVector));
                TSimd.Store(second, toWords + (unit + 4) * sizeof(TVector));
                if (!TBlocks.TwoPlanes) continue;
                TBlocks.HighLevels(words, unit, out first, out second);
                TSimd.Store(first, toWords + (unit + 8) * sizeof(TVector));
                TSimd.Store(second, toWords + (unit + 12) * sizeof(TVector));
            }

            TSimd.Store(TBlocks.Scale(scales), toScales);
            if (TBlocks.HasMinimum) TSimd.Store(TBlocks.Minimum(scales), toScales + sizeof(TVector));
            words += TBlocks.BlockStride;
            scales += TBlocks.ScaleStride;
            toWords += BlockStride;
            toScales += ScaleStride;
        }
    }
}
