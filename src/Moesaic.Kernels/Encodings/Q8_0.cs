namespace Moesaic.Kernels;

/// <summary>
/// 32 values as x ≈ d·q. 34 bytes: [0] half d; [2] 32 signed bytes q. d maps the largest magnitude to 127.
/// </summary>
readonly struct Q8_0 : IBlockEncoder
{
    public static int Length => 32;

    public static int Bytes => 34;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = HalfField.Read(block, 0);
        ReadOnlySpan<byte> q = block.Slice(2, 32);
        for (int j = 0; j < q.Length; j++) values[j] = (sbyte)q[j] * d;
    }

    public static void Encode(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, Span<byte> block)
    {
        float largest = 0;
        foreach (float value in x) largest = MathF.Max(largest, MathF.Abs(value));
        float d = largest / 127;
        float inverse = d != 0 ? 1 / d : 0;
        HalfField.Write(block, 0, d);
        for (int j = 0; j < x.Length; j++) block[2 + j] = (byte)Rounding.AwayFromZero(x[j] * inverse);
    }
}
