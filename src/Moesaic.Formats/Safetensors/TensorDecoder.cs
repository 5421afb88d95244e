using System.Runtime.InteropServices;

namespace Moesaic.Formats;

/// <summary>Stored elements to float32. F64 is rounded; the others are exact.</summary>
static class TensorDecoder
{
    internal static void ToSingle(ReadOnlySpan<byte> source, TensorType type, Span<float> destination)
    {
        switch (type)
        {
            case TensorType.F32:
                MemoryMarshal.Cast<byte, float>(source).CopyTo(destination);
                break;
            case TensorType.F64:
                var doubles = MemoryMarshal.Cast<byte, double>(source);
                for (int i = 0; i < destination.Length; i++) destination[i] = (float)doubles[i];
                break;
            case TensorType.F16:
                var halves = MemoryMarshal.Cast<byte, Half>(source);
                for (int i = 0; i < destination.Length; i++) destination[i] = (float)halves[i];
                break;
            case TensorType.BF16:
                var brains = MemoryMarshal.Cast<byte, ushort>(source);
                for (int i = 0; i < destination.Length; i++) destination[i] = BitConverter.UInt32BitsToSingle((uint)brains[i] << 16);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "not a floating point type");
        }
    }

    /// <summary>The index of the first NaN or infinity, or -1.</summary>
    internal static int FirstNonFinite(ReadOnlySpan<float> values)
    {
        for (int i = 0; i < values.Length; i++)
            if (!float.IsFinite(values[i])) return i;
        return -1;
    }
}
