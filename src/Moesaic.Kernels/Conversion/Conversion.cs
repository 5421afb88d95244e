namespace Moesaic.Kernels;

/// <summary>
/// Between float32 and the two 16-bit formats of checkpoints. Widening is exact. Narrowing rounds to the nearest, ties
/// to even; what is too large becomes infinity and NaN stays NaN (its payload may change).
/// </summary>
public static class Conversion
{
    /// <summary>Widens bfloat16 given as its bits.</summary>
    /// <param name="source">[N], bits of bfloat16.</param>
    /// <param name="destination">[N].</param>
    public static void BFloat16ToSingle(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        Require.Length(destination.Length, source.Length, nameof(destination));
        if (KernelSelection.Level == KernelLevel.Reference) ConversionReference.BFloat16ToSingle(source, destination);
        else ConversionVector.BFloat16ToSingle(source, destination);
    }

    /// <summary>Widens IEEE 754 half precision.</summary>
    /// <param name="source">[N].</param>
    /// <param name="destination">[N].</param>
    public static void HalfToSingle(ReadOnlySpan<Half> source, Span<float> destination)
    {
        Require.Length(destination.Length, source.Length, nameof(destination));
        if (KernelSelection.Level == KernelLevel.Reference) ConversionReference.HalfToSingle(source, destination);
        else ConversionVector.HalfToSingle(source, destination);
    }

    /// <summary>Narrows to the bits of bfloat16.</summary>
    /// <param name="source">[N].</param>
    /// <param name="destination">[N], bits of bfloat16.</param>
    public static void SingleToBFloat16(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        Require.Length(destination.Length, source.Length, nameof(destination));
        if (KernelSelection.Level == KernelLevel.Reference) ConversionReference.SingleToBFloat16(source, destination);
        else ConversionVector.SingleToBFloat16(source, destination);
    }

    /// <summary>Narrows to IEEE 754 half precision.</summary>
    /// <param name="source">[N].</param>
    /// <param name="destination">[N].</param>
    public static void SingleToHalf(ReadOnlySpan<float> source, Span<Half> destination)
    {
        Require.Length(destination.Length, source.Length, nameof(destination));
        if (KernelSelection.Level == KernelLevel.Reference) ConversionReference.SingleToHalf(source, destination);
        else ConversionVector.SingleToHalf(source, destination);
    }
}
