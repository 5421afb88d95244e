namespace Moesaic.Kernels;

/// <summary>
/// The scale d of x ≈ d·q, q in −limit .. limit − 1, with the least weighted squared error among rounded candidates. For
/// a given rounding the best d is Σwxq / Σwq², and what it explains is (Σwxq)² / Σwq²; candidates map the extreme value
/// to places near −limit. Order and rounding of the float32 operations are llama.cpp's.
/// </summary>
static class ScaleSearch
{
    /// <summary>Below it, everything counts as zero.</summary>
    internal const float Negligible = 1e-15f;

    /// <summary>The first value of largest magnitude, with its sign.</summary>
    internal static float Extreme(ReadOnlySpan<float> x)
    {
        float largest = 0, extreme = 0;
        foreach (float value in x)
        {
            float magnitude = MathF.Abs(value);
            if (magnitude > largest) (largest, extreme) = (magnitude, value);
        }

        return extreme;
    }

    /// <summary>Chooses d and the levels q + limit of each of <c>scales.Length</c> parts, a multiple of eight.</summary>
    internal static void FitParts(
        ReadOnlySpan<float> parts, ReadOnlySpan<float> weights, int limit, Span<float> scales, Span<byte> levels)
    {
        int length = parts.Length / scales.Length;
        bool lanes = KernelSelection.Level != KernelLevel.Reference;
        int together = lanes ? PartLanes.Count : 1;
        for (int part = 0; part < scales.Length; part += together)
        {
            Range range = new(part * length, (part + together) * length);
            if (lanes) ScaleLanes.Fit(parts[range], weights[range], limit, scales[part..], levels[range]);
            else scales[part] = Fit(parts[range], weights[range], limit, levels[range]);
        }
    }

    /// <summary>Chooses d and the levels q + limit.</summary>
    /// <returns>d.</returns>
    internal static float Fit(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, int limit, Span<byte> levels)
    {
        float extreme = Extreme(x);
        if (MathF.Abs(extreme) < Negligible)
        {
            levels.Clear();
            return 0;
        }

        float inverse = -limit / extreme;
        (float cross, float square) = Moments(x, weights, limit, inverse);
        float chosen = inverse;
        float scale = square != 0 ? cross / square : 0;
        float explained = scale * cross;
        for (int step = -9; step <= 9; step++)
        {
            if (step == 0) continue;
            inverse = -(limit + 0.1f * step) / extreme;
            (cross, square) = Moments(x, weights, limit, inverse);
            if (square > 0 && cross * cross > explained * square)
            {
                chosen = inverse;
                scale = cross / square;
                explained = scale * cross;
            }
        }

        for (int i = 0; i < x.Length; i++) levels[i] = (byte)(limit + Rounding.Nearest(chosen * x[i], -limit, limit - 1));
        return scale;
    }

    // Σwxq and Σwq² of the rounding that an inverse scale gives.
    static (float Cross, float Square) Moments(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, int limit, float inverse)
    {
        float cross = 0, square = 0;
        for (int i = 0; i < x.Length; i++)
        {
            float q = Rounding.Nearest(inverse * x[i], -limit, limit - 1);
            cross += weights[i] * x[i] * q;
            square += weights[i] * q * q;
        }

        return (cross, square);
    }
}
