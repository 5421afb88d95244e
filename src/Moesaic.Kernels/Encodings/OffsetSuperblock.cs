namespace Moesaic.Kernels;

/// <summary>
/// 256 values in parts as x ≈ d·s·q − m·t, where s and t are small whole numbers of each part: what Q2_K, Q4_K and Q5_K
/// share. Each part gets its own scale and depth; those are rounded to s and t; then the levels are chosen anew.
/// </summary>
static class OffsetSuperblock
{
    internal const int Length = 256;

    /// <param name="Part">Values in a part.</param>
    /// <param name="Most">Largest level q.</param>
    /// <param name="MostScale">Largest s and t.</param>
    /// <param name="Steps">Candidates without importance.</param>
    /// <param name="Offset">Without importance a value weighs |x|, and its part's root mean square more when this is set.</param>
    /// <param name="MeanSquares">How many times the block's mean square adds to x² where importance is given.</param>
    internal readonly record struct Shape(
        int Part, int Most, int MostScale, RangeSearch.Steps Steps, bool Offset, float MeanSquares)
    {
        internal int Parts => Length / Part;
    }

    /// <summary>Chooses d and m, as halves hold them, s and t of each part, and the levels q.</summary>
    internal static (float Scale, float Minimum) Fit(
        ReadOnlySpan<float> x, ReadOnlySpan<float> importance, Shape shape, Span<byte> s, Span<byte> t, Span<byte> levels)
    {
        Span<float> scales = stackalloc float[shape.Parts], depths = stackalloc float[shape.Parts];
        Span<float> sums = stackalloc float[shape.Parts], weights = stackalloc float[Length];
        float meanSquare = importance.IsEmpty ? 0 : shape.MeanSquares * Weighing.SumOfSquares(x) / Length;
        for (int part = 0, at = 0; part < shape.Parts; part++, at += shape.Part)
        {
            ReadOnlySpan<float> values = x.Slice(at, shape.Part);
            Span<float> ofPart = weights.Slice(at, shape.Part);
            if (importance.IsEmpty)
            {
                float offset = shape.Offset ? MathF.Sqrt(Weighing.SumOfSquares(values) / shape.Part) : 0;
                Weighing.ByMagnitude(values, offset, ofPart);
            }
            else
            {
                Weighing.ByImportance(values, importance.Slice(at, shape.Part), meanSquare, ofPart);
                sums[part] = Weighing.Sum(ofPart);
            }
        }

        RangeSearch.Steps steps = importance.IsEmpty ? shape.Steps : RangeSearch.Steps.Fine;
        RangeSearch.FitParts(x, weights, shape.Most, steps, scales, depths, levels);

        float d, m;
        if (importance.IsEmpty)
        {
            d = ByLargest(scales, shape.MostScale, s);
            m = ByLargest(depths, shape.MostScale, t);
        }
        else
        {
            d = PositiveSearch.Fit(scales, sums, shape.MostScale, s);
            m = PositiveSearch.Fit(depths, sums, shape.MostScale, t);
        }

        (d, m) = ((float)(Half)d, (float)(Half)m);
        for (int part = 0, at = 0; part < shape.Parts; part++, at += shape.Part)
        {
            float scale = d * s[part], depth = m * t[part];
            if (scale == 0) continue;
            for (int i = at; i < at + shape.Part; i++)
                levels[i] = (byte)Rounding.Nearest((x[i] + depth) / scale, 0, shape.Most);
        }

        return (d, m);
    }

    // Maps the largest to the largest level.
    static float ByLargest(ReadOnlySpan<float> values, int most, Span<byte> levels)
    {
        float largest = 0;
        foreach (float value in values) largest = MathF.Max(largest, value);
        float inverse = largest > 0 ? most / largest : 0;
        for (int i = 0; i < values.Length; i++) levels[i] = Math.Min((byte)most, (byte)Rounding.Nearest(inverse * values[i]));
        return largest / most;
    }
}
