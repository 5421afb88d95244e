using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Moesaic.Kernels;

/// <summary>
/// The keys (or values) of one head in one page: a row for each of <see cref="AttentionPages.Tokens"/> tokens. F32 and
/// F16: the rows, one after the other. Q8_0: first the rows as signed bytes, then their scales.
/// </summary>
static unsafe class CacheTile
{
    const int Tokens = AttentionPages.Tokens, BlockLength = 32;

    internal static long Bytes(CacheEncoding encoding, int dim) => encoding switch
    {
        CacheEncoding.F32 => Tokens * dim * 4L,
        CacheEncoding.F16 => Tokens * dim * 2L,
        CacheEncoding.Q8_0 => Tokens * (dim + 2L * Blocks(dim)),
        _ => throw new ArgumentOutOfRangeException(nameof(encoding), encoding, null),
    };

    internal static void Write(CacheEncoding encoding, ReadOnlySpan<float> values, byte* tile, int row)
    {
        int dim = values.Length;
        if (encoding == CacheEncoding.F32) values.CopyTo(new((float*)tile + row * dim, dim));
        else if (encoding == CacheEncoding.F16) Conversion.SingleToHalf(values, new((Half*)tile + row * dim, dim));
        else Narrow(values, (sbyte*)tile + row * dim, (Half*)(tile + Tokens * dim) + row * Blocks(dim));
    }

    /// <summary>The first rows as float32, <paramref name="dim"/> apart: in place, or widened to a buffer of the thread.</summary>
    internal static float* Read(CacheEncoding encoding, byte* tile, int rows, int dim)
    {
        if (encoding == CacheEncoding.F32) return (float*)tile;
        float* wide = NativeBuffer.Of<Half>().Take(Tokens * dim);
        if (encoding == CacheEncoding.F16) Conversion.HalfToSingle(new((Half*)tile, rows * dim), new(wide, rows * dim));
        else Widen((sbyte*)tile, (Half*)(tile + Tokens * dim), rows, dim, wide);
        return wide;
    }

    static int Blocks(int dim) => (dim + BlockLength - 1) / BlockLength;

    static void Narrow(ReadOnlySpan<float> values, sbyte* to, Half* scales)
    {
        for (int at = 0; at < values.Length; at += BlockLength)
        {
            ReadOnlySpan<float> block = values[at..Math.Min(values.Length, at + BlockLength)];
            float largest = 0;
            foreach (float value in block) largest = MathF.Max(largest, MathF.Abs(value));
            float scale = largest / 127, inverse = scale != 0 ? 1 / scale : 0;
            *scales++ = (Half)scale;
            foreach (float value in block) *to++ = (sbyte)MathF.Round(value * inverse);
        }
    }

    static void Widen(sbyte* from, Half* scales, int rows, int dim, float* to)
    {
        for (int row = 0; row < rows; row++, from += dim, to += dim)
        {
            for (int at = 0; at < dim; at += BlockLength)
            {
                float scale = (float)*scales++;
                int i = at, end = Math.Min(dim, at + BlockLength);
                for (; i <= end - 16; i += 16) Sixteen(from + i, scale, to + i);
                for (; i < end; i++) to[i] = from[i] * scale;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Sixteen(sbyte* from, float scale, float* to)
    {
        (Vector128<short> low, Vector128<short> high) = Vector128.Widen(Vector128.Load(from));
        Four(Vector128.WidenLower(low), scale, to);
        Four(Vector128.WidenUpper(low), scale, to + 4);
        Four(Vector128.WidenLower(high), scale, to + 8);
        Four(Vector128.WidenUpper(high), scale, to + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Four(Vector128<int> values, float scale, float* to) => (Vector128.ConvertToSingle(values) * scale).Store(to);
}
