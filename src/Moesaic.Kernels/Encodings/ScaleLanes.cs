using System.Runtime.Intrinsics;

namespace Moesaic.Kernels;

/// <summary><see cref="ScaleSearch"/> in the eight parts of <see cref="PartLanes"/> at once.</summary>
static class ScaleLanes
{
    /// <summary>Chooses the scale and the levels of each part.</summary>
    internal static void Fit(
        ReadOnlySpan<float> parts, ReadOnlySpan<float> partWeights, int limit, Span<float> scales, Span<byte> levels)
    {
        int length = parts.Length / PartLanes.Count;
        Span<Vector256<float>> x = (stackalloc Vector256<float>[PartLanes.MaxLength])[..length];
        Span<Vector256<float>> weights = (stackalloc Vector256<float>[PartLanes.MaxLength])[..length];
        PartLanes.Interleave(parts, x);
        PartLanes.Interleave(partWeights, weights);

        Vector256<float> zero = Vector256<float>.Zero, largest = zero, extreme = zero;
        foreach (Vector256<float> value in x)
        {
            Vector256<float> magnitude = Vector256.Abs(value), larger = Vector256.GreaterThan(magnitude, largest);
            largest = Vector256.ConditionalSelect(larger, magnitude, largest);
            extreme = Vector256.ConditionalSelect(larger, value, extreme);
        }

        Vector256<float> chosen = Vector256.Create((float)-limit) / extreme;
        (Vector256<float> cross, Vector256<float> square) = Moments(x, weights, limit, chosen);
        Vector256<float> scale = Vector256.ConditionalSelect(Vector256.Equals(square, zero), zero, cross / square);
        Vector256<float> explained = scale * cross;
        for (int step = -9; step <= 9; step++)
        {
            if (step == 0) continue;
            Vector256<float> inverse = Vector256.Create(-(limit + 0.1f * step)) / extreme;
            (cross, square) = Moments(x, weights, limit, inverse);
            Vector256<float> better =
                Vector256.GreaterThan(square, zero) & Vector256.GreaterThan(cross * cross, explained * square);
            Vector256<float> newScale = cross / square;
            chosen = Vector256.ConditionalSelect(better, inverse, chosen);
            scale = Vector256.ConditionalSelect(better, newScale, scale);
            explained = Vector256.ConditionalSelect(better, newScale * cross, explained);
        }

        Vector256<float> negligible = Vector256.LessThan(largest, Vector256.Create(ScaleSearch.Negligible));
        Vector256.ConditionalSelect(negligible, zero, scale).CopyTo(scales);
        for (int i = 0; i < length; i++)
        {
            Vector256<int> level = PartLanes.Nearest(chosen * x[i], -limit, limit - 1) + Vector256.Create(limit);
            PartLanes.Scatter(Vector256.AndNot(level, negligible.AsInt32()), levels, i, length);
        }
    }

    static (Vector256<float> Cross, Vector256<float> Square) Moments(
        ReadOnlySpan<Vector256<float>> x, ReadOnlySpan<Vector256<float>> weights, int limit, Vector256<float> inverse)
    {
        Vector256<float> cross = Vector256<float>.Zero, square = cross;
        for (int i = 0; i < x.Length; i++)
        {
            Vector256<float> q = Vector256.ConvertToSingle(PartLanes.Nearest(inverse * x[i], -limit, limit - 1));
            cross += weights[i] * x[i] * q;
            square += weights[i] * q * q;
        }

        return (cross, square);
    }
}
