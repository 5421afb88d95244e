using System.Buffers.Binary;

namespace Moesaic.Kernels;

/// <summary>
/// 32 levels of 4 or 5 bits. Byte j has the low 4 bits of level j below and of level j + 16 above; bit j of a 32-bit word
/// is the fifth bit of level j.
/// </summary>
static class Nibbles
{
    internal const int Count = 32, Bytes = 16;

    internal static void Pack(ReadOnlySpan<byte> levels, Span<byte> packed)
    {
        for (int j = 0; j < Bytes; j++) packed[j] = (byte)(levels[j] & 15 | levels[j + Bytes] << 4);
    }

    internal static void PackFifthBits(ReadOnlySpan<byte> levels, Span<byte> packed)
    {
        uint bits = 0;
        for (int j = 0; j < Count; j++) bits |= (uint)(levels[j] >> 4 & 1) << j;
        BinaryPrimitives.WriteUInt32LittleEndian(packed, bits);
    }
}
