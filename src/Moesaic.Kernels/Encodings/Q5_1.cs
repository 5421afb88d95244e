using System.Buffers.Binary;

namespace Moesaic.Kernels;

/// <summary>
/// 32 values as x ≈ d·q + m. 24 bytes: [0] half d; [2] half m; [4] the fifth bits and [8] 16 bytes of the others, as
/// <see cref="Nibbles"/>.
/// </summary>
readonly struct Q5_1 : IBlockEncoder
{
    public static int Length => Nibbles.Count;

    public static int Bytes => 24;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = HalfField.Read(block, 0), m = HalfField.Read(block, 2);
        uint fifth = BinaryPrimitives.ReadUInt32LittleEndian(block[4..]);
        ReadOnlySpan<byte> q = block.Slice(8, Nibbles.Bytes);
        Span<float> low = values[..16], high = values.Slice(16, 16);
        for (int j = 0; j < q.Length; j++)
        {
            low[j] = (q[j] & 15 | (int)(fifth >> j << 4) & 16) * d + m;
            high[j] = (q[j] >> 4 | (int)(fifth >> (j + 12)) & 16) * d + m;
        }
    }

    public static void Encode(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, Span<byte> block)
    {
        Span<byte> levels = stackalloc byte[Nibbles.Count];
        (float d, float m) = OffsetGrid.Fit(x, importance, meanSquare, 31, levels);
        HalfField.Write(block, 0, d);
        HalfField.Write(block, 2, m);
        Nibbles.PackFifthBits(levels, block[4..]);
        Nibbles.Pack(levels, block[8..]);
    }
}
