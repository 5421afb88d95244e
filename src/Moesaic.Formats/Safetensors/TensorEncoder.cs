using System.Runtime.InteropServices;

namespace Moesaic.Formats;

/// <summary>float32 to stored elements, rounded to nearest, ties to even. Values beyond F16's range become infinite.</summary>
static class TensorEncoder
{
    internal static void FromSingle(ReadOnlySpan<float> source, TensorType type, Span<byte> destination)
    {
        switch (type)
        {
            case TensorType.F32:
                MemoryMarshal.AsBytes(source).CopyTo(destination);
                break;
            case TensorType.F64:
                var doubles = MemoryMarshal.Cast<byte, double>(destination);
                for (int i = 0; i < source.Length; i++) doubles[i] = source[i];
                break;
            case TensorType.F16:
                var halves = MemoryMarshal.Cast<byte, Half>(destination);
                for (int i = 0; i < source.Length; i++) halves[i] = (Half)source[i];
                break;
            case TensorType.BF16:
                var brains = MemoryMarshal.Cast<byte, ushort>(destination);
                for (int i = 0; i < source.Length; i++) brains[i] = ToBFloat16(source[i]);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "not a floating point type");
        }
    }

    /// <summary>Round to nearest, ties to even; NaN stays NaN.</summary>
    internal static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value)) return (ushort)(bits >> 16 | 0x40);
        return (ushort)(bits + 0x7FFF + (bits >> 16 & 1) >> 16);
    }
}
