using System.Runtime.InteropServices;
using Moesaic.Kernels;

namespace Moesaic.Formats;

/// <summary>float32 to stored elements, rounded to nearest, ties to even.</summary>
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
                Conversion.SingleToHalf(source, MemoryMarshal.Cast<byte, Half>(destination));
                break;
            case TensorType.BF16:
                Conversion.SingleToBFloat16(source, MemoryMarshal.Cast<byte, ushort>(destination));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "not a floating point type");
        }
    }

    /// <summary>The index of the first value that is NaN or infinite or would be when stored, or -1.</summary>
    internal static int FirstUnfit(ReadOnlySpan<float> values, TensorType type)
    {
        // Half a unit above the largest finite value: from there on rounding gives infinity.
        float limit = type switch
        {
            TensorType.F16 => 65520f,
            TensorType.BF16 => BitConverter.UInt32BitsToSingle(0x7F7F8000),
            _ => float.PositiveInfinity,
        };
        for (int i = 0; i < values.Length; i++)
            if (!(MathF.Abs(values[i]) < limit)) return i;
        return -1;
    }
}
