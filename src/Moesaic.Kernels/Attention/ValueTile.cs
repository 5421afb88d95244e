using System.Runtime.Intrinsics;

namespace Moesaic.Kernels;

/// <summary>
/// The values of one head in one page, [tokens, dim]: a row for each token. The scales of Q8_0 are [tokens, blocks].
/// </summary>
static unsafe class ValueTile
{
    internal static void Write(CacheEncoding encoding, ReadOnlySpan<float> value, byte* tile, int row)
    {
        int dim = value.Length;
        if (encoding == CacheEncoding.F32) value.CopyTo(new((float*)tile + row * dim, dim));
        else if (encoding == CacheEncoding.F16) Conversion.SingleToHalf(value, new((Half*)tile + row * dim, dim));
        else WriteBytes(value, (sbyte*)tile + row * dim, (Half*)(tile + CacheTile.Tokens * dim) + row * CacheTile.Blocks(dim));
    }

    /// <summary>The first rows as float32, <paramref name="dim"/> apart: in place, or in a buffer of the thread.</summary>
    internal static float* Read(CacheEncoding encoding, byte* tile, int rows, int dim)
    {
        if (encoding == CacheEncoding.F32) return (float*)tile;
        float* wide = CacheTile.Scratch(dim);
        if (encoding == CacheEncoding.F16) Conversion.HalfToSingle(new((Half*)tile, rows * dim), new(wide, rows * dim));
        else ReadBytes((sbyte*)tile, (Half*)(tile + CacheTile.Tokens * dim), rows, dim, wide);
        return wide;
    }

    static void WriteBytes(ReadOnlySpan<float> value, sbyte* to, Half* scales)
    {
        for (int at = 0; at < value.Length; at += CacheTile.BlockLength)
        {
            ReadOnlySpan<float> block = value[at..Math.Min(value.Length, at + CacheTile.BlockLength)];
            (*scales++, float inverse) = CacheTile.ScaleOf(block);
            foreach (float number in block) *to++ = CacheTile.Narrow(number, inverse);
        }
    }

    static void ReadBytes(sbyte* from, Half* scales, int rows, int dim, float* to)
    {
        float* scale = CacheTile.WidenScales(scales, rows * CacheTile.Blocks(dim), dim, to);
        float* sixteen = stackalloc float[16];
        for (int row = 0; row < rows; row++, from += dim, to += dim)
        {
            for (int at = 0; at < dim; at += CacheTile.BlockLength, scale++)
            {
                Vector512.Create(*scale).Store(sixteen);
                int i = at, end = Math.Min(dim, at + CacheTile.BlockLength);
                for (; i <= end - 16; i += 16) CacheTile.WidenSixteen(from + i, sixteen, to + i);
                for (; i < end; i++) to[i] = from[i] * *scale;
            }
        }
    }
}
