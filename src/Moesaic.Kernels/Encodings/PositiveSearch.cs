namespace Moesaic.Kernels;

/// <summary>
/// The scale d of x ≈ d·q for x ≥ 0, q in 0 .. most: how the scales of a block of 256 are themselves stored where importance
/// is given. Candidates first, then single levels are moved while that explains more. Order and rounding of the float32
/// operations are llama.cpp's.
/// </summary>
static class PositiveSearch
{
    /// <summary>Chooses d and the levels q.</summary>
    /// <returns>d.</returns>
    internal static float Fit(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, int most, Span<byte> levels)
    {
        float largest = 0;
        foreach (float value in x) largest = MathF.Max(largest, value);
        if (largest < ScaleSearch.Negligible)
        {
            levels.Clear();
            return 0;
        }

        float inverse = BestInverse(x, weights, most, largest);
        float cross = 0, square = 0;
        for (int i = 0; i < x.Length; i++)
        {
            int level = Math.Min(most, Rounding.Nearest(inverse * x[i]));
            levels[i] = (byte)level;
            cross += weights[i] * x[i] * level;
            square += weights[i] * level * level;
        }

        for (int round = 0; round < 5; round++)
        {
            bool changed = false;
            for (int i = 0; i < x.Length; i++)
            {
                float w = weights[i];
                float newCross = cross - w * x[i] * levels[i];
                float newSquare = square - w * levels[i] * levels[i];
                if (!(newCross > 0 && newSquare > 0)) continue;
                int level = Math.Min(most, Rounding.Nearest(x[i] * newSquare / newCross));
                if (level == levels[i]) continue;
                newCross += w * x[i] * level;
                newSquare += w * level * level;
                if (!(newCross * newCross * square > cross * cross * newSquare)) continue;
                levels[i] = (byte)level;
                (cross, square, changed) = (newCross, newSquare, true);
            }

            if (!changed) break;
        }

        return square > 0 ? cross / square : 0;
    }

    static float BestInverse(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, int most, float largest)
    {
        float best = most / largest;
        float leastError = Error(x, weights, most, best);
        for (int step = -4; step <= 4; step++)
        {
            if (step == 0) continue;
            float inverse = (0.1f * step + most) / largest;
            float error = Error(x, weights, most, inverse);
            if (error < leastError) (leastError, best) = (error, inverse);
        }

        return best;
    }

    static float Error(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, int most, float inverse)
    {
        float scale = 1 / inverse, error = 0;
        for (int i = 0; i < x.Length; i++)
        {
            float difference = x[i] - scale * Math.Min(most, Rounding.Nearest(inverse * x[i]));
            error += weights[i] * difference * difference;
        }

        return error;
    }
}
