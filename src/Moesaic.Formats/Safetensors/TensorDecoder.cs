using System.Runtime.InteropServices;
using Moesaic.Kernels;

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
                Conversion.HalfToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            case TensorType.BF16:
                Conversion.BFloat16ToSingle(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "not a floating point type");
        }
    }
}
