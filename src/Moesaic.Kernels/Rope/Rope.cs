namespace Moesaic.Kernels;

/// <summary>
/// Rotary position embedding (Su et al. 2021, section 3.2.2), with the pairing of Hugging Face checkpoints: value i of
/// the first half turns with value i + headDim/2. For a pair (a, b) at position p: a' = a·cos − b·sin, b' = b·cos +
/// a·sin.
/// </summary>
/// <remarks>
/// Error against float64 at most 3e-7 · (1 + the largest magnitude of the buffer), at every <see cref="KernelLevel"/>; the
/// bits do not depend on the number of threads.
/// </remarks>
public static class Rope
{
    /// <summary>
    /// Rotates every head of every token in place. The backward is the same call with <paramref name="inverse"/>.
    /// </summary>
    /// <param name="x">[T, H, headDim]; T is the length of <paramref name="positions"/>.</param>
    /// <param name="heads">H.</param>
    /// <param name="headDim">Width of a head; even.</param>
    /// <param name="positions">[T], each a row of the tables.</param>
    /// <param name="cos">[maxPositions, headDim/2].</param>
    /// <param name="sin">[maxPositions, headDim/2].</param>
    /// <param name="inverse">Turns the other way, which undoes the rotation and maps gradients back.</param>
    /// <exception cref="ArgumentException">A position lies outside the tables, or a size does not fit.</exception>
    public static void Apply(
        Span<float> x, int heads, int headDim, ReadOnlySpan<int> positions, ReadOnlySpan<float> cos,
        ReadOnlySpan<float> sin, bool inverse = false)
    {
        if (headDim <= 0 || headDim % 2 != 0)
            throw new ArgumentException($"headDim is {headDim}; it must be positive and even.", nameof(headDim));
        Require.Length(x.Length, (long)positions.Length * heads * headDim, nameof(x));
        Require.Length(sin.Length, cos.Length, nameof(sin));
        int known = Require.RowCount(cos.Length, headDim / 2, nameof(cos));
        foreach (int position in positions)
        {
            if ((uint)position < (uint)known) continue;
            throw new ArgumentException(
                $"Position {position} lies outside the {known} rows of the tables.", nameof(positions));
        }

        switch (LanesOfRow.Level(headDim / 2))
        {
            case KernelLevel.Vector512:
                RopeVector<Lanes512>.Apply(x, heads, headDim, positions, cos, sin, inverse);
                break;
            case KernelLevel.Vector256:
                RopeVector<Lanes256>.Apply(x, heads, headDim, positions, cos, sin, inverse);
                break;
            case KernelLevel.Vector128:
                RopeVector<Lanes128>.Apply(x, heads, headDim, positions, cos, sin, inverse);
                break;
            default:
                RopeReference.Apply(x, heads, headDim, positions, cos, sin, inverse);
                break;
        }
    }
}
