namespace Moesaic.Kernels;

/// <summary>
/// 32 values as x ≈ 2^(e − 127)·v[q] with the 16 numbers of E2M1: 0, ½, 1, 1½, 2, 3, 4, 6 and their negatives (OCP
/// Microscaling Formats v1.0, section 5). 17 bytes: [0] e; [1] 16 bytes of q as <see cref="Nibbles"/>. e = 255 means 2^128
/// here as in llama.cpp, where the specification has NaN.
/// </summary>
readonly struct MXFP4 : IBlockEncoder
{
    // Twice the numbers, with half the scale.
    static ReadOnlySpan<sbyte> V => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    public static int Length => Nibbles.Count;

    public static int Bytes => 17;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = HalfScale(block[0]);
        ReadOnlySpan<byte> q = block.Slice(1, Nibbles.Bytes);
        Span<float> low = values[..16], high = values.Slice(16, 16);
        for (int j = 0; j < q.Length; j++)
        {
            low[j] = V[q[j] & 15] * d;
            high[j] = V[q[j] >> 4] * d;
        }
    }

    public static void Encode(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, Span<byte> block)
    {
        float largest = MathF.Abs(ScaleSearch.Extreme(x));

        // The logarithm is rounded to float32 before it is cut, as in llama.cpp: just below a power of two it is whole.
        // Below 2^-125 the exponent wraps around, and the huge scale makes every level 0.
        block[0] = largest > 0 ? (byte)((int)MathF.Floor((float)Math.Log2(largest)) - 2 + 127) : (byte)0;
        float d = HalfScale(block[0]);
        Span<byte> levels = stackalloc byte[Nibbles.Count];
        for (int j = 0; j < x.Length; j++) levels[j] = (byte)Nearest(x[j], d);
        Nibbles.Pack(levels, block[1..]);
    }

    // 2^(e − 128); the smallest two are subnormal.
    static float HalfScale(byte e) => BitConverter.UInt32BitsToSingle(e < 2 ? 0x00200000u << e : (uint)(e - 1) << 23);

    // The first of the nearest numbers; the negatives mirror the others, and what is nearest to 0 has no sign.
    static int Nearest(float x, float d)
    {
        float magnitude = MathF.Abs(x), least = magnitude;
        int nearest = 0;
        for (int q = 1; q < 8; q++)
        {
            float error = MathF.Abs(V[q] * d - magnitude);
            if (error < least) (least, nearest) = (error, q);
        }

        return x < 0 && nearest > 0 ? nearest + 8 : nearest;
    }
}
