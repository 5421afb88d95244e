using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>A half-precision field of a block, such as its scale; little-endian, rounded to the nearest even.</summary>
static class HalfField
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Read(ReadOnlySpan<byte> block, int offset) =>
        (float)BinaryPrimitives.ReadHalfLittleEndian(block[offset..]);

    internal static void Write(Span<byte> block, int offset, float value) =>
        BinaryPrimitives.WriteHalfLittleEndian(block[offset..], (Half)value);
}
