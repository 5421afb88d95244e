using System.Buffers.Binary;

namespace Moesaic.Kernels;

/// <summary>
/// 32 values as x ≈ d·(q − 16). 22 bytes: [0] half d; [2] the fifth bits and [6] 16 bytes of the others, as
/// <see cref="Nibbles"/>.
/// </summary>
readonly struct Q5_0 : IBlockEncoder
{
    const int Limit = 16;

    public static int Length => Nibbles.Count;

    public static int Bytes => 22;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = HalfField.Read(block, 0);
        uint fifth = BinaryPrimitives.ReadUInt32LittleEndian(block[2..]);
        ReadOnlySpan<byte> q = block.Slice(6, Nibbles.Bytes);
        Span<float> low = values[..16], high = values.Slice(16, 16);
        for (int j = 0; j < q.Length; j++)
        {
            low[j] = ((q[j] & 15 | (int)(fifth >> j << 4) & 16) - Limit) * d;
            high[j] = ((q[j] >> 4 | (int)(fifth >> (j + 12)) & 16) - Limit) * d;
        }
    }

    public static void Encode(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, Span<byte> block)
    {
        Span<byte> levels = stackalloc byte[Nibbles.Count];
        HalfField.Write(block, 0, SymmetricGrid.Fit(x, importance, meanSquare, Limit, levels));
        Nibbles.PackFifthBits(levels, block[2..]);
        Nibbles.Pack(levels, block[6..]);
    }
}
