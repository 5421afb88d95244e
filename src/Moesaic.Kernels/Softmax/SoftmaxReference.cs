using System.Numerics;

namespace Moesaic.Kernels;

/// <summary>The formulas of <see cref="Softmax"/> as plain loops.</summary>
static class SoftmaxReference
{
    internal static void Rows<T>(ReadOnlySpan<T> x, int columns, Span<T> y)
        where T : IFloatingPointIeee754<T>
    {
        for (int start = 0; start < x.Length; start += columns)
        {
            ReadOnlySpan<T> xs = x.Slice(start, columns);
            Span<T> ys = y.Slice(start, columns);
            T max = T.NegativeInfinity, sum = T.Zero;
            foreach (T value in xs) max = T.Max(max, value);
            for (int i = 0; i < columns; i++) sum += ys[i] = T.Exp(xs[i] - max);
            for (int i = 0; i < columns; i++) ys[i] /= sum;
        }
    }

    internal static void RowsBackward<T>(ReadOnlySpan<T> y, ReadOnlySpan<T> dy, int columns, Span<T> dx)
        where T : IFloatingPointIeee754<T>
    {
        for (int start = 0; start < y.Length; start += columns)
        {
            ReadOnlySpan<T> ys = y.Slice(start, columns), dys = dy.Slice(start, columns);
            Span<T> dxs = dx.Slice(start, columns);
            T dot = T.Zero;
            for (int i = 0; i < columns; i++) dot += ys[i] * dys[i];
            for (int i = 0; i < columns; i++) dxs[i] += ys[i] * (dys[i] - dot);
        }
    }
}
