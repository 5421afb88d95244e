namespace Moesaic.Kernels;

/// <summary>
/// 256 values in 8 parts of 32 as x ≈ d·s·q − m·t. 176 bytes: [0] half d; [2] half m; [4] s and t as
/// <see cref="SixBitPairs"/>; [16] 32 bytes whose bit p is the fifth bit of q in part p; [48] 128 bytes of the low 4 bits:
/// 32 bytes for each two parts, the first below and the second above.
/// </summary>
readonly struct Q5_K : IBlockEncoder
{
    static OffsetSuperblock.Shape Shape => new(32, 31, 63, new(-0.5f, 0.1f, 15), Offset: true, MeanSquares: 2);

    public static int Length => OffsetSuperblock.Length;

    public static int Bytes => 176;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = HalfField.Read(block, 0), m = HalfField.Read(block, 2);
        ReadOnlySpan<byte> fifth = block.Slice(16, 32);
        for (int part = 0; part < 8; part++)
        {
            (int s, int t) = SixBitPairs.Read(block.Slice(4, SixBitPairs.Bytes), part);
            float scale = d * s, minimum = m * t;
            int shift = part % 2 * 4;
            ReadOnlySpan<byte> q = block.Slice(48 + part / 2 * 32, 32);
            Span<float> to = values.Slice(part * 32, 32);
            for (int j = 0; j < q.Length; j++)
                to[j] = scale * (q[j] >> shift & 15 | (fifth[j] >> part & 1) << 4) - minimum;
        }
    }

    public static void Encode(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, Span<byte> block)
    {
        Span<byte> levels = stackalloc byte[Length], s = stackalloc byte[8], t = stackalloc byte[8];
        (float d, float m) = OffsetSuperblock.Fit(x, importance, Shape, s, t, levels);
        HalfField.Write(block, 0, d);
        HalfField.Write(block, 2, m);
        SixBitPairs.Pack(s, t, block[4..]);
        for (int j = 0; j < 32; j++)
        {
            int bits = 0;
            for (int part = 0; part < 8; part++) bits |= levels[part * 32 + j] >> 4 << part;
            block[16 + j] = (byte)bits;
        }

        for (int j = 0; j < 128; j++)
        {
            int at = j / 32 * 64 + j % 32;
            block[48 + j] = (byte)(levels[at] & 15 | (levels[at + 32] & 15) << 4);
        }
    }
}
