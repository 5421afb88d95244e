namespace Moesaic.Kernels;

/// <summary>x ≈ d·(q − limit) with q in 0 .. 2·limit − 1: what Q4_0 and Q5_0 share.</summary>
static class SymmetricGrid
{
    /// <summary>Chooses d and the levels q of one block.</summary>
    /// <returns>d: negative when the value of largest magnitude is positive, for −limit reaches further than limit − 1.</returns>
    internal static float Fit(
        ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, int limit, Span<byte> levels)
    {
        if (!importance.IsEmpty)
        {
            Span<float> weights = stackalloc float[x.Length];
            Weighing.ByImportance(x, importance, meanSquare, weights);
            return ScaleSearch.Fit(x, weights, limit, levels);
        }

        float d = ScaleSearch.Extreme(x) / -limit;
        float inverse = d != 0 ? 1 / d : 0;
        for (int j = 0; j < x.Length; j++)
            levels[j] = (byte)Math.Min(2 * limit - 1, (sbyte)Rounding.Truncate(x[j] * inverse + (limit + 0.5f)));
        return d;
    }
}
