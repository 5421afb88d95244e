namespace Moesaic.Kernels;

/// <summary>
/// 256 values in 16 parts of 16 as x ≈ d·(s − 32)·(q − 4). 110 bytes: [0] 32 bytes whose bit p is the third bit of q in
/// the values 32·p + j; [32] 64 bytes of the low 2 bits as <see cref="Crumbs"/>; [96] 12 bytes of s, 6 bits each; [108]
/// half d.
/// </summary>
readonly struct Q3_K : IBlockEncoder
{
    const int Limit = 4;

    public static int Length => SymmetricSuperblock.Length;

    public static int Bytes => 110;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = HalfField.Read(block, 108);
        for (int part = 0; part < 16; part++)
        {
            float scale = d * (ReadScale(block.Slice(96, 12), part) - 32);
            int third = part / 2, shift = third % 4 * 2, at = part % 2 * 16;
            ReadOnlySpan<byte> high = block.Slice(at, 16), low = block.Slice(32 + part / 8 * 32 + at, 16);
            Span<float> to = values.Slice(part * 16, 16);
            for (int j = 0; j < to.Length; j++)
                to[j] = scale * ((low[j] >> shift & 3 | (high[j] >> third & 1) << 2) - Limit);
        }
    }

    public static void Encode(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, Span<byte> block)
    {
        Span<byte> levels = stackalloc byte[Length];
        Span<sbyte> s = stackalloc sbyte[SymmetricSuperblock.Parts];
        float d = importance.IsEmpty ? Fit(x, s, levels) : Fit(x, importance, s, levels);
        SymmetricSuperblock.Round(x, d, s, Limit, levels);
        for (int j = 0; j < 32; j++)
        {
            int bits = 0;
            for (int p = 0; p < 8; p++) bits |= levels[32 * p + j] >> 2 << p;
            block[j] = (byte)bits;
        }

        Crumbs.Pack(levels, block[32..]);
        PackScales(s, block.Slice(96, 12));
        HalfField.Write(block, 108, d);
    }

    static float Fit(ReadOnlySpan<float> x, Span<sbyte> s, Span<byte> levels)
    {
        Span<float> scales = stackalloc float[SymmetricSuperblock.Parts];
        for (int part = 0; part < scales.Length; part++)
            scales[part] = ScaleRefinement.Fit(x.Slice(part * 16, 16), Limit, levels.Slice(part * 16, 16));
        float extreme = ScaleSearch.Extreme(scales);
        s.Fill(-32);
        if (extreme == 0) return 0;
        float inverse = -32f / extreme;
        for (int part = 0; part < s.Length; part++)
            s[part] = (sbyte)Rounding.Nearest(inverse * scales[part], -32, 31);
        return 1 / inverse;
    }

    static float Fit(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, Span<sbyte> s, Span<byte> levels)
    {
        Span<float> scales = stackalloc float[SymmetricSuperblock.Parts], sums = stackalloc float[SymmetricSuperblock.Parts];
        Span<float> weights = stackalloc float[Length];
        Span<byte> ofScales = stackalloc byte[SymmetricSuperblock.Parts];
        float meanSquare = 2 * Weighing.SumOfSquares(x) / Length;
        for (int part = 0; part < scales.Length; part++)
        {
            Span<float> ofPart = weights.Slice(part * 16, 16);
            Weighing.ByImportance(x.Slice(part * 16, 16), importance.Slice(part * 16, 16), meanSquare, ofPart);
            sums[part] = Weighing.Sum(ofPart);
        }

        ScaleSearch.FitParts(x, weights, Limit, scales, levels);
        float d = ScaleSearch.Fit(scales, sums, 32, ofScales);
        for (int part = 0; part < s.Length; part++) s[part] = (sbyte)(ofScales[part] - 32);
        return d;
    }

    // The low 4 bits of s[j] and s[j + 8] share byte j; the high 2 bits of s[j], + 4, + 8 and + 12 byte 8 + j.
    static int ReadScale(ReadOnlySpan<byte> packed, int part) =>
        packed[part % 8] >> part / 8 * 4 & 15 | (packed[8 + part % 4] >> part / 4 * 2 & 3) << 4;

    static void PackScales(ReadOnlySpan<sbyte> s, Span<byte> packed)
    {
        packed.Clear();
        for (int part = 0; part < s.Length; part++)
        {
            int scale = s[part] + 32;
            packed[part % 8] |= (byte)((scale & 15) << part / 8 * 4);
            packed[8 + part % 4] |= (byte)(scale >> 4 << part / 4 * 2);
        }
    }
}
