using System.Numerics;

namespace Moesaic.Kernels;

/// <summary>The formulas of <see cref="RmsNorm"/> as plain loops.</summary>
static class RmsNormReference
{
    internal static void Forward<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> weight, T epsilon, Span<T> y, Span<T> inverseRms)
        where T : IFloatingPointIeee754<T>
    {
        int width = weight.Length;
        for (int row = 0; row < inverseRms.Length; row++)
        {
            ReadOnlySpan<T> xs = x.Slice(row * width, width);
            Span<T> ys = y.Slice(row * width, width);
            T sum = T.Zero;
            foreach (T value in xs) sum += value * value;
            T inverse = T.One / T.Sqrt(sum / T.CreateChecked(width) + epsilon);
            inverseRms[row] = inverse;
            for (int i = 0; i < width; i++) ys[i] = xs[i] * inverse * weight[i];
        }
    }

    internal static void Backward<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> weight, ReadOnlySpan<T> inverseRms, ReadOnlySpan<T> dy,
        Span<T> dx, Span<T> dWeight)
        where T : IFloatingPointIeee754<T>
    {
        int width = weight.Length;
        for (int row = 0; row < inverseRms.Length; row++)
        {
            ReadOnlySpan<T> xs = x.Slice(row * width, width), dys = dy.Slice(row * width, width);
            T inverse = inverseRms[row];
            if (!dWeight.IsEmpty)
            {
                for (int i = 0; i < width; i++) dWeight[i] += dys[i] * xs[i] * inverse;
            }

            if (dx.IsEmpty) continue;
            T dot = T.Zero;
            for (int i = 0; i < width; i++) dot += dys[i] * weight[i] * xs[i];
            T pull = dot / T.CreateChecked(width) * inverse * inverse;
            Span<T> dxs = dx.Slice(row * width, width);
            for (int i = 0; i < width; i++) dxs[i] += inverse * (dys[i] * weight[i] - xs[i] * pull);
        }
    }
}
