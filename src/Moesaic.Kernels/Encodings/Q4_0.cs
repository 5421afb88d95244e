namespace Moesaic.Kernels;

/// <summary>32 values as x ≈ d·(q − 8). 18 bytes: [0] half d; [2] 16 bytes of q as <see cref="Nibbles"/>.</summary>
readonly struct Q4_0 : IBlockEncoder
{
    const int Limit = 8;

    public static int Length => Nibbles.Count;

    public static int Bytes => 18;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = HalfField.Read(block, 0);
        ReadOnlySpan<byte> q = block.Slice(2, Nibbles.Bytes);
        Span<float> low = values[..16], high = values.Slice(16, 16);
        for (int j = 0; j < q.Length; j++)
        {
            low[j] = ((q[j] & 15) - Limit) * d;
            high[j] = ((q[j] >> 4) - Limit) * d;
        }
    }

    public static void Encode(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, Span<byte> block)
    {
        Span<byte> levels = stackalloc byte[Nibbles.Count];
        HalfField.Write(block, 0, SymmetricGrid.Fit(x, importance, meanSquare, Limit, levels));
        Nibbles.Pack(levels, block[2..]);
    }
}
