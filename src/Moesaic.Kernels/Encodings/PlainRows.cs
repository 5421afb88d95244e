using System.Runtime.InteropServices;

namespace Moesaic.Kernels;

/// <summary>The types without blocks: float32, half and bfloat16, little-endian.</summary>
static class PlainRows
{
    internal static void DecodeF32(ReadOnlySpan<byte> bytes, Span<float> values) =>
        MemoryMarshal.Cast<byte, float>(bytes).CopyTo(values);

    internal static void EncodeF32(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> bytes) =>
        MemoryMarshal.AsBytes(row).CopyTo(bytes);

    internal static void DecodeF16(ReadOnlySpan<byte> bytes, Span<float> values) =>
        Conversion.HalfToSingle(MemoryMarshal.Cast<byte, Half>(bytes), values);

    internal static void EncodeF16(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> bytes) =>
        Conversion.SingleToHalf(row, MemoryMarshal.Cast<byte, Half>(bytes));

    internal static void DecodeBF16(ReadOnlySpan<byte> bytes, Span<float> values) =>
        Conversion.BFloat16ToSingle(MemoryMarshal.Cast<byte, ushort>(bytes), values);

    internal static void EncodeBF16(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> bytes) =>
        Conversion.SingleToBFloat16(row, MemoryMarshal.Cast<byte, ushort>(bytes));
}
