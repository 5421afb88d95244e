namespace Moesaic.Kernels;

/// <summary>
/// Root-mean-square normalisation of rows (Zhang and Sennrich 2019, eq. 4):
/// r = 1 / sqrt(mean(x²) + ε), y = x · r · weight. Shapes: x, y [T, D]; weight [D]; r [T].
/// </summary>
/// <remarks>
/// Error against float64 at most 1e-6 · (1 + the largest magnitude of the buffer), at every <see cref="KernelLevel"/>; the
/// bits do not depend on the number of threads.
/// </remarks>
public static class RmsNorm
{
    /// <summary>Normalises each row of <paramref name="x"/>.</summary>
    /// <param name="x">[T, D].</param>
    /// <param name="weight">[D]; sets D.</param>
    /// <param name="epsilon">Added to the mean square, inside the root.</param>
    /// <param name="y">[T, D]; may be the same buffer as <paramref name="x"/>.</param>
    /// <param name="inverseRms">[T]; sets T; receives r, which the backward needs.</param>
    public static void Forward(
        ReadOnlySpan<float> x, ReadOnlySpan<float> weight, float epsilon, Span<float> y, Span<float> inverseRms)
    {
        long size = (long)inverseRms.Length * weight.Length;
        Require.Length(x.Length, size, nameof(x));
        Require.Length(y.Length, size, nameof(y));
        switch (LanesOfRow.Level(weight.Length))
        {
            case KernelLevel.Vector512: RmsNormVector<Lanes512>.Forward(x, weight, epsilon, y, inverseRms); break;
            case KernelLevel.Vector256: RmsNormVector<Lanes256>.Forward(x, weight, epsilon, y, inverseRms); break;
            case KernelLevel.Vector128: RmsNormVector<Lanes128>.Forward(x, weight, epsilon, y, inverseRms); break;
            default: RmsNormReference.Forward(x, weight, epsilon, y, inverseRms); break;
        }
    }

    /// <summary>
    /// Adds the gradients: with g = dy · weight, dx += r · (g − x · r² · mean(g · x)) and dWeight += Σ over rows of dy
    /// · x · r.
    /// </summary>
    /// <param name="x">[T, D], the forward's input.</param>
    /// <param name="weight">[D].</param>
    /// <param name="inverseRms">[T], from the forward.</param>
    /// <param name="dy">[T, D].</param>
    /// <param name="dx">[T, D], added to; empty when not wanted. Must not overlap <paramref name="dy"/>.</param>
    /// <param name="dWeight">[D], added to; empty when the weight is frozen.</param>
    public static void Backward(
        ReadOnlySpan<float> x, ReadOnlySpan<float> weight, ReadOnlySpan<float> inverseRms, ReadOnlySpan<float> dy,
        Span<float> dx, Span<float> dWeight)
    {
        long size = (long)inverseRms.Length * weight.Length;
        Require.Length(x.Length, size, nameof(x));
        Require.Length(dy.Length, size, nameof(dy));
        Require.LengthOrEmpty(dx.Length, size, nameof(dx));
        Require.LengthOrEmpty(dWeight.Length, weight.Length, nameof(dWeight));
        switch (LanesOfRow.Level(weight.Length))
        {
            case KernelLevel.Vector512:
                RmsNormVectorBackward<Lanes512>.Run(x, weight, inverseRms, dy, dx, dWeight);
                break;
            case KernelLevel.Vector256:
                RmsNormVectorBackward<Lanes256>.Run(x, weight, inverseRms, dy, dx, dWeight);
                break;
            case KernelLevel.Vector128:
                RmsNormVectorBackward<Lanes128>.Run(x, weight, inverseRms, dy, dx, dWeight);
                break;
            default:
                RmsNormReference.Backward(x, weight, inverseRms, dy, dx, dWeight);
                break;
        }
    }
}
