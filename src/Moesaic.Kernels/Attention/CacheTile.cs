using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Moesaic.Kernels;

/// <summary>
/// The numbers of one head in one page, of <see cref="Tokens"/> tokens: what <see cref="KeyTile"/> and
/// <see cref="ValueTile"/> have in common. F32 and F16: a matrix of numbers. Q8_0: a matrix of signed bytes, then the
/// scales: the numbers of a token are cut into blocks of 32, the last one possibly shorter, each with a scale.
/// </summary>
static unsafe class CacheTile
{
    internal const int Tokens = AttentionSizes.TileKeys, BlockLength = 32;

    internal static int Blocks(int dim) => (dim + BlockLength - 1) / BlockLength;

    internal static long Bytes(CacheEncoding encoding, int dim) => encoding switch
    {
        CacheEncoding.F32 => Tokens * dim * 4L,
        CacheEncoding.F16 => Tokens * dim * 2L,
        CacheEncoding.Q8_0 => Tokens * (dim + 2L * Blocks(dim)),
        _ => throw new ArgumentOutOfRangeException(nameof(encoding), encoding, null),
    };

    /// <summary>
    /// Room for a tile as float32, and behind it for its scales; of the thread, valid until the next call.
    /// </summary>
    internal static float* Scratch(int dim) => NativeBuffer.Of<CacheEncoding>().Take(Tokens * (dim + Blocks(dim)));

    /// <summary>The scales behind the tile in the scratch.</summary>
    internal static float* WidenScales(Half* scales, int count, int dim, float* scratch)
    {
        float* wide = scratch + Tokens * dim;
        Conversion.HalfToSingle(new(scales, count), new(wide, count));
        return wide;
    }

    /// <summary>The scale of a block: its largest magnitude becomes 127.</summary>
    internal static (Half Scale, float Inverse) ScaleOf(ReadOnlySpan<float> block)
    {
        float largest = 0;
        foreach (float value in block) largest = MathF.Max(largest, MathF.Abs(value));
        float scale = largest / 127;
        return ((Half)scale, scale != 0 ? 1 / scale : 0);
    }

    internal static sbyte Narrow(float value, float inverse) => (sbyte)MathF.Round(value * inverse);

    /// <summary>Sixteen numbers times their scales.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void WidenSixteen(sbyte* from, float* scales, float* to)
    {
        if (Avx512F.IsSupported)
        {
            Vector512<int> sixteen = Avx512F.ConvertToVector512Int32(Vector128.Load(from));
            (Vector512.ConvertToSingle(sixteen) * Vector512.Load(scales)).Store(to);
        }
        else if (Avx2.IsSupported)
        {
            Eight(Avx2.ConvertToVector256Int32(from), scales, to);
            Eight(Avx2.ConvertToVector256Int32(from + 8), scales + 8, to + 8);
        }
        else
        {
            (Vector128<short> low, Vector128<short> high) = Vector128.Widen(Vector128.Load(from));
            Eight(Vector256.Create(Vector128.WidenLower(low), Vector128.WidenUpper(low)), scales, to);
            Eight(Vector256.Create(Vector128.WidenLower(high), Vector128.WidenUpper(high)), scales + 8, to + 8);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Eight(Vector256<int> values, float* scales, float* to) =>
        (Vector256.ConvertToSingle(values) * Vector256.Load(scales)).Store(to);
}
