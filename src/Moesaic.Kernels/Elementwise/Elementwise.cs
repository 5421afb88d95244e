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
        ElementwiseReference.Add(destination, source);
    }

    /// <summary>destination += scale · source.</summary>
    /// <param name="destination">[N].</param>
    /// <param name="source">[N].</param>
    /// <param name="scale">The factor.</param>
    public static void AddScaled(Span<float> destination, ReadOnlySpan<float> source, float scale)
    {
        Require.Length(source.Length, destination.Length, nameof(source));
        ElementwiseReference.AddScaled(destination, source, scale);
    }

    /// <summary>destination *= scale.</summary>
    /// <param name="destination">[N].</param>
    /// <param name="scale">The factor.</param>
    public static void Scale(Span<float> destination, float scale) => ElementwiseReference.Scale(destination, scale);

    /// <summary>Σ x², accumulated in float64 over fixed chunks, so that the thread count cannot change it.</summary>
    /// <param name="x">[N].</param>
    public static double SumOfSquares(ReadOnlySpan<float> x) => ElementwiseReference.SumOfSquares(x);

    /// <summary>The index of the first NaN or infinity, or −1 when all values are finite.</summary>
    /// <param name="x">[N].</param>
    public static nint FirstNonFinite(ReadOnlySpan<float> x) => ElementwiseReference.FirstNonFinite(x);
}
