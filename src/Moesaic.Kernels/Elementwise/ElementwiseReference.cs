namespace Moesaic.Kernels;

/// <summary>The operations of <see cref="Elementwise"/> as plain loops.</summary>
static class ElementwiseReference
{
    internal static void Add(Span<float> destination, ReadOnlySpan<float> source)
    {
        for (int i = 0; i < destination.Length; i++) destination[i] += source[i];
    }

    internal static void AddScaled(Span<float> destination, ReadOnlySpan<float> source, float scale)
    {
        for (int i = 0; i < destination.Length; i++) destination[i] += scale * source[i];
    }

    internal static void Scale(Span<float> destination, float scale)
    {
        foreach (ref float value in destination) value *= scale;
    }

    internal static double SumOfSquares(ReadOnlySpan<float> x)
    {
        double sum = 0;
        foreach (float value in x) sum += (double)value * value;
        return sum;
    }

    internal static nint FirstNonFinite(ReadOnlySpan<float> x)
    {
        for (int i = 0; i < x.Length; i++)
        {
            if (!float.IsFinite(x[i])) return i;
        }

        return -1;
    }
}
