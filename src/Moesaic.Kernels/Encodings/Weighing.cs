namespace Moesaic.Kernels;

/// <summary>
/// How much the error of each value counts. Sums run in order in float32, as in llama.cpp: another order would round
/// otherwise and choose other bits.
/// </summary>
static class Weighing
{
    internal static float SumOfSquares(ReadOnlySpan<float> x)
    {
        float sum = 0;
        foreach (float value in x) sum += value * value;
        return sum;
    }

    internal static float Sum(ReadOnlySpan<float> x)
    {
        float sum = 0;
        foreach (float value in x) sum += value;
        return sum;
    }

    /// <summary>w = x².</summary>
    internal static void BySquare(ReadOnlySpan<float> x, Span<float> weights)
    {
        for (int i = 0; i < x.Length; i++) weights[i] = x[i] * x[i];
    }

    /// <summary>w = offset + |x|.</summary>
    internal static void ByMagnitude(ReadOnlySpan<float> x, float offset, Span<float> weights)
    {
        for (int i = 0; i < x.Length; i++) weights[i] = offset + MathF.Abs(x[i]);
    }

    /// <summary>w = importance · √(meanSquare + x²).</summary>
    internal static void ByImportance(
        ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, Span<float> weights)
    {
        for (int i = 0; i < x.Length; i++) weights[i] = importance[i] * MathF.Sqrt(meanSquare + x[i] * x[i]);
    }
}
