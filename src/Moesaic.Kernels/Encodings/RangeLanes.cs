using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Moesaic.Kernels;

/// <summary><see cref="RangeSearch"/> in the eight parts of <see cref="PartLanes"/> at once.</summary>
static class RangeLanes
{
    /// <summary>Chooses the scale, the depth and the levels of each part.</summary>
    internal static void Fit(
        ReadOnlySpan<float> parts, ReadOnlySpan<float> partWeights, int most, RangeSearch.Steps steps,
        Span<float> scales, Span<float> depths, Span<byte> levels)
    {
        int length = parts.Length / PartLanes.Count;
        Span<Vector256<float>> x = (stackalloc Vector256<float>[PartLanes.MaxLength])[..length];
        Span<Vector256<float>> weights = (stackalloc Vector256<float>[PartLanes.MaxLength])[..length];
        Span<Vector256<float>> q = (stackalloc Vector256<float>[PartLanes.MaxLength])[..length];
        PartLanes.Interleave(parts, x);
        PartLanes.Interleave(partWeights, weights);

        Vector256<float> zero = Vector256<float>.Zero, most32 = Vector256.Create((float)most);
        Vector256<float> least = x[0], largest = x[0], sumW = weights[0], sumX = weights[0] * x[0];
        for (int i = 1; i < length; i++)
        {
            least = Vector256.ConditionalSelect(Vector256.LessThan(x[i], least), x[i], least);
            largest = Vector256.ConditionalSelect(Vector256.GreaterThan(x[i], largest), x[i], largest);
            sumW += weights[i];
            sumX += weights[i] * x[i];
        }

        least = Vector256.ConditionalSelect(Vector256.GreaterThan(least, zero), zero, least);
        Vector256<float> flat = Vector256.Equals(largest, least);
        Vector256<float> inverse = most32 / (largest - least);
        Vector256<float> scale = Vector256<float>.One / inverse;
        for (int i = 0; i < length; i++) q[i] = Level(x[i], least, inverse, most);
        Vector256<float> best = Error(x, weights, q, scale, least, steps.Absolute);
        Vector256<float> bestInverse = inverse, bestStart = least;
        for (int step = 0; step <= steps.Count; step++)
        {
            inverse = Vector256.Create(steps.First + steps.Step * step + most) / (largest - least);
            Vector256<float> sumQ = zero, sumQQ = zero, sumXQ = zero;
            for (int i = 0; i < length; i++)
            {
                Vector256<float> level = Level(x[i], least, inverse, most);
                q[i] = level;
                Vector256<float> wq = weights[i] * level;
                sumQ += wq;
                sumQQ += wq * level;
                sumXQ += wq * x[i];
            }

            Vector256<float> determinant = sumW * sumQQ - sumQ * sumQ;
            Vector256<float> newScale = (sumW * sumXQ - sumX * sumQ) / determinant;
            Vector256<float> newLeast = (sumQQ * sumX - sumQ * sumXQ) / determinant;
            Vector256<float> above = Vector256.GreaterThan(newLeast, zero);
            newLeast = Vector256.ConditionalSelect(above, zero, newLeast);
            newScale = Vector256.ConditionalSelect(above, sumXQ / sumQQ, newScale);
            Vector256<float> error = Error(x, weights, q, newScale, newLeast, steps.Absolute);

            Vector256<float> better = Vector256.GreaterThan(determinant, zero) & Vector256.LessThan(error, best);
            best = Vector256.ConditionalSelect(better, error, best);
            scale = Vector256.ConditionalSelect(better, newScale, scale);
            bestInverse = Vector256.ConditionalSelect(better, inverse, bestInverse);
            bestStart = Vector256.ConditionalSelect(better, least, bestStart);
            least = Vector256.ConditionalSelect(better, newLeast, least);
        }

        Vector256.ConditionalSelect(flat, zero, scale).CopyTo(scales);
        (-least).CopyTo(depths);
        for (int i = 0; i < length; i++)
            PartLanes.Scatter(PartLanes.Nearest(bestInverse * (x[i] - bestStart), 0, most), levels, i, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> Level(Vector256<float> x, Vector256<float> least, Vector256<float> inverse, int most) =>
        Vector256.ConvertToSingle(PartLanes.Nearest(inverse * (x - least), 0, most));

    static Vector256<float> Error(
        ReadOnlySpan<Vector256<float>> x, ReadOnlySpan<Vector256<float>> weights, ReadOnlySpan<Vector256<float>> q,
        Vector256<float> scale, Vector256<float> least, bool absolute)
    {
        Vector256<float> error = Vector256<float>.Zero;
        for (int i = 0; i < x.Length; i++)
        {
            Vector256<float> difference = scale * q[i] + least - x[i];
            error += weights[i] * (absolute ? Vector256.Abs(difference) : difference * difference);
        }

        return error;
    }
}
