namespace Moesaic.Kernels;

/// <summary>
/// Softmax of rows: y = e^(x − max) / Σ e^(x − max). A value of −∞ gets the weight zero; a row of nothing but −∞, or
/// one that holds +∞ or NaN, becomes NaN.
/// </summary>
/// <remarks>
/// Error against float64 at most 5e-7 · (1 + the largest magnitude of the buffer), at every <see cref="KernelLevel"/>; the
/// bits do not depend on the number of threads.
/// </remarks>
public static class Softmax
{
    /// <summary>Softmax over each row of <paramref name="columns"/> values.</summary>
    /// <param name="x">[T, columns].</param>
    /// <param name="columns">Row width, positive.</param>
    /// <param name="y">[T, columns]; may be the same buffer as <paramref name="x"/>.</param>
    public static void Rows(ReadOnlySpan<float> x, int columns, Span<float> y)
    {
        Require.Positive(columns, nameof(columns));
        Require.RowCount(x.Length, columns, nameof(x));
        Require.Length(y.Length, x.Length, nameof(y));
        switch (LanesOfRow.Level(columns))
        {
            case KernelLevel.Vector512: SoftmaxVector<Lanes512>.Rows(x, columns, y); break;
            case KernelLevel.Vector256: SoftmaxVector<Lanes256>.Rows(x, columns, y); break;
            case KernelLevel.Vector128: SoftmaxVector<Lanes128>.Rows(x, columns, y); break;
            default: SoftmaxReference.Rows(x, columns, y); break;
        }
    }

    /// <summary>dx += y · (dy − Σ over the row of y · dy).</summary>
    /// <param name="y">[T, columns], the forward's output.</param>
    /// <param name="dy">[T, columns].</param>
    /// <param name="columns">Row width, positive.</param>
    /// <param name="dx">[T, columns], added to.</param>
    public static void RowsBackward(ReadOnlySpan<float> y, ReadOnlySpan<float> dy, int columns, Span<float> dx)
    {
        Require.Positive(columns, nameof(columns));
        Require.RowCount(y.Length, columns, nameof(y));
        Require.Length(dy.Length, y.Length, nameof(dy));
        Require.Length(dx.Length, y.Length, nameof(dx));
        switch (LanesOfRow.Level(columns))
        {
            case KernelLevel.Vector512: SoftmaxVector<Lanes512>.RowsBackward(y, dy, columns, dx); break;
            case KernelLevel.Vector256: SoftmaxVector<Lanes256>.RowsBackward(y, dy, columns, dx); break;
            case KernelLevel.Vector128: SoftmaxVector<Lanes128>.RowsBackward(y, dy, columns, dx); break;
            default: SoftmaxReference.RowsBackward(y, dy, columns, dx); break;
        }
    }
}
