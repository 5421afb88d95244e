namespace Moesaic.Kernels;

/// <summary>Operations on whole buffers, value by value.</summary>
public static class Elementwise
{
    /// <summary>destination += source.</summary>
    /// <param name="destination">[N].</param>
    /// <param name="source">[N].</param>
    public static void Add(Span<float> destination, ReadOnlySpan<float> source)
    {
        Require.Length(source.Length, destination.Length, nameof(source));
        switch (KernelSelection.Level)
        {
            case KernelLevel.Vector512: ElementwiseVector<Lanes512>.Add(destination, source); break;
            case KernelLevel.Vector256: ElementwiseVector<Lanes256>.Add(destination, source); break;
            case KernelLevel.Vector128: ElementwiseVector<Lanes128>.Add(destination, source); break;
            default: ElementwiseReference.Add(destination, source); break;
        }
    }

    /// <summary>destination += scale · source.</summary>
    /// <param name="destination">[N].</param>
    /// <param name="source">[N].</param>
    /// <param name="scale">The factor.</param>
    public static void AddScaled(Span<float> destination, ReadOnlySpan<float> source, float scale)
    {
        Require.Length(source.Length, destination.Length, nameof(source));
        switch (KernelSelection.Level)
        {
            case KernelLevel.Vector512: ElementwiseVector<Lanes512>.AddScaled(destination, source, scale); break;
            case KernelLevel.Vector256: ElementwiseVector<Lanes256>.AddScaled(destination, source, scale); break;
            case KernelLevel.Vector128: ElementwiseVector<Lanes128>.AddScaled(destination, source, scale); break;
            default: ElementwiseReference.AddScaled(destination, source, scale); break;
        }
    }

    /// <summary>destination *= scale.</summary>
    /// <param name="destination">[N].</param>
    /// <param name="scale">The factor.</param>
    public static void Scale(Span<float> destination, float scale)
    {
        switch (KernelSelection.Level)
        {
            case KernelLevel.Vector512: ElementwiseVector<Lanes512>.Scale(destination, scale); break;
            case KernelLevel.Vector256: ElementwiseVector<Lanes256>.Scale(destination, scale); break;
            case KernelLevel.Vector128: ElementwiseVector<Lanes128>.Scale(destination, scale); break;
            default: ElementwiseReference.Scale(destination, scale); break;
        }
    }

    /// <summary>Σ x², accumulated in float64 over fixed chunks, so that the thread count cannot change it.</summary>
    /// <param name="x">[N].</param>
    public static double SumOfSquares(ReadOnlySpan<float> x) => KernelSelection.Level == KernelLevel.Reference
        ? ElementwiseReference.SumOfSquares(x)
        : Inspection.SumOfSquares(x);

    /// <summary>The index of the first NaN or infinity, or −1 when all values are finite.</summary>
    /// <param name="x">[N].</param>
    public static nint FirstNonFinite(ReadOnlySpan<float> x) => KernelSelection.Level == KernelLevel.Reference
        ? ElementwiseReference.FirstNonFinite(x)
        : Inspection.FirstNonFinite(x);
}
