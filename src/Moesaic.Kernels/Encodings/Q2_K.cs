namespace Moesaic.Kernels;

/// <summary>
/// 256 values in 16 parts of 16 as x ≈ d·s·q − m·t. 84 bytes: [0] 16 bytes with the part's s below and t above, 4 bits
/// each; [16] 64 bytes of q as <see cref="Crumbs"/>; [80] half d; [82] half m.
/// </summary>
readonly struct Q2_K : IBlockEncoder
{
    static OffsetSuperblock.Shape Shape => new(16, 3, 15, new(-0.5f, 0.1f, 15, Absolute: true), Offset: false, MeanSquares: 1);

    public static int Length => OffsetSuperblock.Length;

    public static int Bytes => 84;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = HalfField.Read(block, 80), m = HalfField.Read(block, 82);
        for (int part = 0; part < 16; part++)
        {
            float scale = d * (block[part] & 15), minimum = m * (block[part] >> 4);
            int shift = part / 2 % 4 * 2;
            ReadOnlySpan<byte> q = block.Slice(16 + part / 8 * 32 + part % 2 * 16, 16);
            Span<float> to = values.Slice(part * 16, 16);
            for (int j = 0; j < q.Length; j++) to[j] = scale * (q[j] >> shift & 3) - minimum;
        }
    }

    public static void Encode(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, Span<byte> block)
    {
        Span<byte> levels = stackalloc byte[Length], s = stackalloc byte[16], t = stackalloc byte[16];
        (float d, float m) = OffsetSuperblock.Fit(x, importance, Shape, s, t, levels);
        for (int part = 0; part < 16; part++) block[part] = (byte)(s[part] | t[part] << 4);
        Crumbs.Pack(levels, block[16..]);
        HalfField.Write(block, 80, d);
        HalfField.Write(block, 82, m);
    }
}
