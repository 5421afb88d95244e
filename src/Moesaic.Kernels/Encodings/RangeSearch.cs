namespace Moesaic.Kernels;

/// <summary>
/// The scale d and depth m ≥ 0 of x ≈ d·q − m, q in 0 .. most, with the least weighted error among rounded candidates. For
/// a given rounding d and m solve the normal equations of weighted least squares; candidates map the range of x to a little
/// less and a little more than the grid. Order and rounding of the float32 operations are llama.cpp's.
/// </summary>
static class RangeSearch
{
    /// <summary>The candidates: the range is mapped to most + first + i·step for i in 0 .. count.</summary>
    /// <param name="First">Of the smallest candidate.</param>
    /// <param name="Step">Between candidates.</param>
    /// <param name="Count">Of candidates, less one.</param>
    /// <param name="Absolute">Compare by absolute rather than squared errors.</param>
    internal readonly record struct Steps(float First, float Step, int Count, bool Absolute = false)
    {
        /// <summary>Where importance is given.</summary>
        internal static Steps Fine => new(-0.9f, 0.05f, 36);
    }

    /// <summary>Chooses d, m and the levels q of each of <c>scales.Length</c> parts, a multiple of eight.</summary>
    internal static void FitParts(
        ReadOnlySpan<float> parts, ReadOnlySpan<float> weights, int most, Steps steps,
        Span<float> scales, Span<float> depths, Span<byte> levels)
    {
        int length = parts.Length / scales.Length;
        bool lanes = KernelSelection.Level != KernelLevel.Reference;
        int together = lanes ? PartLanes.Count : 1;
        for (int part = 0; part < scales.Length; part += together)
        {
            Range range = new(part * length, (part + together) * length);
            if (lanes) RangeLanes.Fit(parts[range], weights[range], most, steps, scales[part..], depths[part..], levels[range]);
            else scales[part] = Fit(parts[range], weights[range], most, steps, levels[range], out depths[part]);
        }
    }

    /// <summary>Chooses d, m and the levels q.</summary>
    /// <returns>d.</returns>
    internal static float Fit(
        ReadOnlySpan<float> x, ReadOnlySpan<float> weights, int most, Steps steps, Span<byte> levels, out float depth)
    {
        float least = x[0], largest = x[0], sumW = weights[0], sumX = weights[0] * x[0];
        for (int i = 1; i < x.Length; i++)
        {
            if (x[i] < least) least = x[i];
            if (x[i] > largest) largest = x[i];
            sumW += weights[i];
            sumX += weights[i] * x[i];
        }

        if (least > 0) least = 0;
        if (largest == least)
        {
            levels.Clear();
            depth = -least;
            return 0;
        }

        Span<byte> candidate = stackalloc byte[x.Length];
        float inverse = most / (largest - least);
        float scale = 1 / inverse;
        for (int i = 0; i < x.Length; i++) levels[i] = (byte)Rounding.Nearest(inverse * (x[i] - least), 0, most);
        float best = Error(x, weights, levels, scale, least, steps.Absolute);
        for (int step = 0; step <= steps.Count; step++)
        {
            // The minimum of the best candidate so far is where the next one starts.
            inverse = (steps.First + steps.Step * step + most) / (largest - least);
            float sumQ = 0, sumQQ = 0, sumXQ = 0;
            for (int i = 0; i < x.Length; i++)
            {
                int level = Rounding.Nearest(inverse * (x[i] - least), 0, most);
                candidate[i] = (byte)level;
                float wq = weights[i] * level;
                sumQ += wq;
                sumQQ += wq * level;
                sumXQ += wq * x[i];
            }

            float determinant = sumW * sumQQ - sumQ * sumQ;
            if (!(determinant > 0)) continue;
            float newScale = (sumW * sumXQ - sumX * sumQ) / determinant;
            float newLeast = (sumQQ * sumX - sumQ * sumXQ) / determinant;
            if (newLeast > 0)
            {
                newLeast = 0;
                newScale = sumXQ / sumQQ;
            }

            float error = Error(x, weights, candidate, newScale, newLeast, steps.Absolute);
            if (!(error < best)) continue;
            candidate.CopyTo(levels);
            (best, scale, least) = (error, newScale, newLeast);
        }

        depth = -least;
        return scale;
    }

    static float Error(
        ReadOnlySpan<float> x, ReadOnlySpan<float> weights, ReadOnlySpan<byte> levels, float scale, float least, bool absolute)
    {
        float error = 0;
        for (int i = 0; i < x.Length; i++)
        {
            float difference = scale * levels[i] + least - x[i];
            error += weights[i] * (absolute ? MathF.Abs(difference) : difference * difference);
        }

        return error;
    }
}
