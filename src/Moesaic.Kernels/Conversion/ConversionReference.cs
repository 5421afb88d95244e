namespace Moesaic.Kernels;

/// <summary>The conversions of <see cref="Conversion"/> as plain loops.</summary>
static class ConversionReference
{
    internal static void BFloat16ToSingle(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        for (int i = 0; i < source.Length; i++)
            destination[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
    }

    internal static void HalfToSingle(ReadOnlySpan<Half> source, Span<float> destination)
    {
        for (int i = 0; i < source.Length; i++) destination[i] = (float)source[i];
    }

    internal static void SingleToBFloat16(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        for (int i = 0; i < source.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(source[i]);
            // Half of the last kept place, one less when that place is even, carries upward exactly on a rounding up.
            destination[i] = float.IsNaN(source[i])
                ? (ushort)(bits >> 16 | 0x40)
                : (ushort)(bits + 0x7FFF + (bits >> 16 & 1) >> 16);
        }
    }

    internal static void SingleToHalf(ReadOnlySpan<float> source, Span<Half> destination)
    {
        for (int i = 0; i < source.Length; i++) destination[i] = (Half)source[i];
    }
}
