namespace Moesaic.Kernels;

/// <summary>
/// The scale d of x ≈ d·q, q in −limit .. limit − 1, by one rounding whose levels are then moved one by one while that
/// explains more of x, weighed by x². Order and rounding of the float32 operations are llama.cpp's.
/// </summary>
static class ScaleRefinement
{
    /// <summary>Chooses d and the levels q + limit.</summary>
    /// <returns>d.</returns>
    internal static float Fit(ReadOnlySpan<float> x, int limit, Span<byte> levels)
    {
        float extreme = ScaleSearch.Extreme(x);
        if (MathF.Abs(extreme) < ScaleSearch.Negligible)
        {
            levels.Clear();
            return 0;
        }

        float inverse = -limit / extreme;
        float cross = 0, square = 0;
        for (int i = 0; i < x.Length; i++)
        {
            int q = Rounding.Nearest(inverse * x[i], -limit, limit - 1);
            levels[i] = (byte)(q + limit);
            float w = x[i] * x[i];
            cross += w * x[i] * q;
            square += w * q * q;
        }

        for (int round = 0; round < 5; round++)
        {
            bool changed = false;
            for (int i = 0; i < x.Length; i++)
            {
                float w = x[i] * x[i];
                int old = levels[i] - limit;
                float newCross = cross - w * x[i] * old;
                float newSquare = square - w * old * old;
                if (!(newCross > 0)) continue;
                int q = Rounding.Nearest(x[i] * newSquare / newCross, -limit, limit - 1);
                if (q == old) continue;
                newCross += w * x[i] * q;
                newSquare += w * q * q;
                if (!(newSquare > 0 && newCross * newCross * square > cross * cross * newSquare)) continue;
                levels[i] = (byte)(q + limit);
                (cross, square, changed) = (newCross, newSquare, true);
            }

            if (!changed) break;
        }

        return square > 0 ? cross / square : 0;
    }
}
