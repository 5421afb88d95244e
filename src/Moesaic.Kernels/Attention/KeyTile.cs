namespace Moesaic.Kernels;

/// <summary>
/// The keys of one head in one page, [dim, tokens]: a column for each token, as the products of scores take them. The scales
/// of Q8_0 are [blocks, tokens].
/// </summary>
static unsafe class KeyTile
{
    const int Tokens = CacheTile.Tokens;

    internal static void Write(CacheEncoding encoding, ReadOnlySpan<float> key, byte* tile, int column)
    {
        switch (encoding)
        {
            case CacheEncoding.F32: Scatter(key, (float*)tile + column); break;
            case CacheEncoding.F16: WriteHalf(key, (Half*)tile + column); break;
            default: WriteBytes(key, (sbyte*)tile + column, (Half*)(tile + key.Length * Tokens) + column); break;
        }
    }

    /// <summary>The tile as float32, columns without a token undefined: in place, or in a buffer of the thread.</summary>
    internal static float* Read(CacheEncoding encoding, byte* tile, int dim)
    {
        if (encoding == CacheEncoding.F32) return (float*)tile;
        float* wide = CacheTile.Scratch(dim);
        if (encoding == CacheEncoding.F16) Conversion.HalfToSingle(new((Half*)tile, Tokens * dim), new(wide, Tokens * dim));
        else ReadBytes((sbyte*)tile, (Half*)(tile + dim * Tokens), dim, wide);
        return wide;
    }

    static void WriteHalf(ReadOnlySpan<float> key, Half* to)
    {
        var narrow = (Half*)CacheTile.Scratch(key.Length);
        Conversion.SingleToHalf(key, new(narrow, key.Length));
        Scatter(new ReadOnlySpan<Half>(narrow, key.Length), to);
    }

    static void WriteBytes(ReadOnlySpan<float> key, sbyte* to, Half* scales)
    {
        for (int at = 0; at < key.Length; at += CacheTile.BlockLength, scales += Tokens)
        {
            ReadOnlySpan<float> block = key[at..Math.Min(key.Length, at + CacheTile.BlockLength)];
            (*scales, float inverse) = CacheTile.ScaleOf(block);
            foreach (float value in block)
            {
                *to = CacheTile.Narrow(value, inverse);
                to += Tokens;
            }
        }
    }

    static void ReadBytes(sbyte* from, Half* scales, int dim, float* to)
    {
        float* scale = CacheTile.WidenScales(scales, Tokens * CacheTile.Blocks(dim), dim, to);
        for (int d = 0; d < dim; d++, from += Tokens, to += Tokens)
        {
            if (d > 0 && d % CacheTile.BlockLength == 0) scale += Tokens;
            CacheTile.WidenSixteen(from, scale, to);
            CacheTile.WidenSixteen(from + 16, scale + 16, to + 16);
        }
    }

    static void Scatter<T>(ReadOnlySpan<T> key, T* to) where T : unmanaged
    {
        foreach (T value in key)
        {
            *to = value;
            to += Tokens;
        }
    }
}
