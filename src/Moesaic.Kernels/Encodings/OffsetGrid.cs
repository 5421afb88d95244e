namespace Moesaic.Kernels;

/// <summary>x ≈ d·q + m with q in 0 .. most: what Q4_1 and Q5_1 share.</summary>
static class OffsetGrid
{
    /// <summary>Chooses d, m and the levels q of one block.</summary>
    internal static (float Scale, float Minimum) Fit(
        ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, int most, Span<byte> levels)
    {
        if (!importance.IsEmpty)
        {
            Span<float> weights = stackalloc float[x.Length];
            Weighing.ByImportance(x, importance, meanSquare, weights);
            float scale = RangeSearch.Fit(x, weights, most, RangeSearch.Steps.Fine, levels, out float depth);
            return (scale, -depth);
        }

        float least = x[0], largest = x[0];
        foreach (float value in x)
        {
            if (value < least) least = value;
            if (value > largest) largest = value;
        }

        float d = (largest - least) / most;
        float inverse = d != 0 ? 1 / d : 0;
        for (int j = 0; j < x.Length; j++)
            levels[j] = (byte)Math.Min(most, (sbyte)Rounding.Truncate((x[j] - least) * inverse + 0.5f));
        return (d, least);
    }
}
