namespace Moesaic.Kernels;

/// <summary>
/// 256 values in 16 parts of 16 as x ≈ d·s·(q − 32). 210 bytes: [0] 128 bytes of the low 4 bits of q: in each half, byte
/// j has value j below and j + 64 above; [128] 64 bytes of the high 2 bits as <see cref="Crumbs"/>; [192] 16 signed bytes
/// s; [208] half d.
/// </summary>
readonly struct Q6_K : IBlockEncoder
{
    const int Limit = 32;

    public static int Length => SymmetricSuperblock.Length;

    public static int Bytes => 210;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = HalfField.Read(block, 208);
        for (int part = 0; part < 16; part++)
        {
            float scale = d * (sbyte)block[192 + part];
            int half = part / 8, quarter = part / 2 % 4, at = part % 2 * 16;
            int lowShift = quarter / 2 * 4, highShift = quarter * 2;
            ReadOnlySpan<byte> low = block.Slice(half * 64 + quarter % 2 * 32 + at, 16);
            ReadOnlySpan<byte> high = block.Slice(128 + half * 32 + at, 16);
            Span<float> to = values.Slice(part * 16, 16);
            for (int j = 0; j < to.Length; j++)
                to[j] = scale * ((low[j] >> lowShift & 15 | (high[j] >> highShift & 3) << 4) - Limit);
        }
    }

    public static void Encode(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, Span<byte> block)
    {
        Span<byte> levels = stackalloc byte[Length], high = stackalloc byte[Length];
        Span<float> scales = stackalloc float[SymmetricSuperblock.Parts], squares = stackalloc float[Length];
        Weighing.BySquare(x, squares);
        ScaleSearch.FitParts(x, importance.IsEmpty ? squares : importance, Limit, scales, levels);

        float extreme = ScaleSearch.Extreme(scales);
        if (MathF.Abs(extreme) < ScaleSearch.Negligible)
        {
            block.Clear();
            return;
        }

        float inverse = -128 / extreme;
        Span<sbyte> s = stackalloc sbyte[SymmetricSuperblock.Parts];
        for (int part = 0; part < s.Length; part++)
            s[part] = (sbyte)Math.Min(127, Rounding.Nearest(inverse * scales[part]));
        SymmetricSuperblock.Round(x, 1 / inverse, s, Limit, levels);

        for (int j = 0; j < 128; j++)
        {
            int at = j / 64 * 128 + j % 64;
            block[j] = (byte)(levels[at] & 15 | (levels[at + 64] & 15) << 4);
        }

        for (int j = 0; j < Length; j++) high[j] = (byte)(levels[j] >> 4);
        Crumbs.Pack(high, block[128..]);
        for (int part = 0; part < s.Length; part++) block[192 + part] = (byte)s[part];
        HalfField.Write(block, 208, 1 / inverse);
    }
}
