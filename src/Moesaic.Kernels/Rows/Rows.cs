namespace Moesaic.Kernels;

/// <summary>
/// Moving rows to experts and back: gather, scatter-add, and the weighted sum of expert outputs. R rows of outputs, T
/// tokens, K chosen, D width. Where several rows land on one, they are added in the order of the index, so results do
/// not depend on the thread count.
/// </summary>
/// <remarks>
/// Error against float64 at most 5e-7 · (1 + the largest magnitude of the buffer), at every <see cref="KernelLevel"/>; the
/// bits do not depend on the number of threads.
/// </remarks>
public static class Rows
{
    /// <summary>destination[r] = source[index[r]].</summary>
    /// <param name="source">[S, width].</param>
    /// <param name="index">[R], rows of <paramref name="source"/>; sets R.</param>
    /// <param name="width">Values in a row.</param>
    /// <param name="destination">[R, width], overwritten.</param>
    /// <exception cref="ArgumentException">An index is outside the source or a size does not fit.</exception>
    public static void Gather(ReadOnlySpan<float> source, ReadOnlySpan<int> index, int width, Span<float> destination)
    {
        int known = Require.RowCount(source.Length, width, nameof(source));
        Require.Length(destination.Length, (long)index.Length * width, nameof(destination));
        CheckIndex(index, 0, known, nameof(index));
        switch (LanesOfRow.Level(width))
        {
            case KernelLevel.Vector512: RowsVector<Lanes512>.Gather(source, index, width, destination); break;
            case KernelLevel.Vector256: RowsVector<Lanes256>.Gather(source, index, width, destination); break;
            case KernelLevel.Vector128: RowsVector<Lanes128>.Gather(source, index, width, destination); break;
            default: RowsReference.Gather(source, index, width, destination); break;
        }
    }

    /// <summary>destination[index[r]] += source[r]; an index may occur any number of times.</summary>
    /// <param name="source">[R, width].</param>
    /// <param name="index">[R], rows of <paramref name="destination"/>; sets R.</param>
    /// <param name="width">Values in a row.</param>
    /// <param name="destination">[S, width], added to.</param>
    /// <exception cref="ArgumentException">An index is outside the destination or a size does not fit.</exception>
    public static void ScatterAdd(
        ReadOnlySpan<float> source, ReadOnlySpan<int> index, int width, Span<float> destination)
    {
        int known = Require.RowCount(destination.Length, width, nameof(destination));
        Require.Length(source.Length, (long)index.Length * width, nameof(source));
        CheckIndex(index, 0, known, nameof(index));
        switch (LanesOfRow.Level(width))
        {
            case KernelLevel.Vector512: RowsVector<Lanes512>.ScatterAdd(source, index, width, destination); break;
            case KernelLevel.Vector256: RowsVector<Lanes256>.ScatterAdd(source, index, width, destination); break;
            case KernelLevel.Vector128: RowsVector<Lanes128>.ScatterAdd(source, index, width, destination); break;
            default: RowsReference.ScatterAdd(source, index, width, destination); break;
        }
    }

    /// <summary>y[t] += Σ over k of weights[t, k] · outputs[slots[t, k]], skipping slots of −1.</summary>
    /// <param name="outputs">[R, D], expert outputs.</param>
    /// <param name="slots">[T·K], row in <paramref name="outputs"/> or −1 for none; sets T.</param>
    /// <param name="weights">[T·K].</param>
    /// <param name="chosen">K.</param>
    /// <param name="width">D.</param>
    /// <param name="y">[T, D], added to.</param>
    /// <exception cref="ArgumentException">A slot is outside the outputs or a size does not fit.</exception>
    public static void Combine(
        ReadOnlySpan<float> outputs, ReadOnlySpan<int> slots, ReadOnlySpan<float> weights, int chosen, int width,
        Span<float> y)
    {
        CheckCombine(outputs, slots, weights, chosen, width, y.Length, nameof(y));
        switch (LanesOfRow.Level(width))
        {
            case KernelLevel.Vector512: RowsVector<Lanes512>.Combine(outputs, slots, weights, chosen, width, y); break;
            case KernelLevel.Vector256: RowsVector<Lanes256>.Combine(outputs, slots, weights, chosen, width, y); break;
            case KernelLevel.Vector128: RowsVector<Lanes128>.Combine(outputs, slots, weights, chosen, width, y); break;
            default: RowsReference.Combine(outputs, slots, weights, chosen, width, y); break;
        }
    }

    /// <summary>
    /// dOutputs[slots[t, k]] += weights[t, k] · dy[t]; dWeights[t, k] += outputs[slots[t, k]] · dy[t].
    /// </summary>
    /// <param name="outputs">[R, D].</param>
    /// <param name="slots">[T·K], as in the forward; a row may occur any number of times.</param>
    /// <param name="weights">[T·K].</param>
    /// <param name="chosen">K.</param>
    /// <param name="width">D.</param>
    /// <param name="dy">[T, D].</param>
    /// <param name="dOutputs">[R, D], added to, or overwritten when <paramref name="fresh"/>; empty when not wanted.</param>
    /// <param name="dWeights">[T·K], added to, untouched where the slot is −1; empty when not wanted.</param>
    /// <param name="fresh">Whether <paramref name="dOutputs"/> has undefined contents; rows that no slot names become zero.</param>
    /// <exception cref="ArgumentException">A slot is outside the outputs or a size does not fit.</exception>
    public static void CombineBackward(
        ReadOnlySpan<float> outputs, ReadOnlySpan<int> slots, ReadOnlySpan<float> weights, int chosen, int width,
        ReadOnlySpan<float> dy, Span<float> dOutputs, Span<float> dWeights, bool fresh = false)
    {
        CheckCombine(outputs, slots, weights, chosen, width, dy.Length, nameof(dy));
        Require.LengthOrEmpty(dOutputs.Length, outputs.Length, nameof(dOutputs));
        Require.LengthOrEmpty(dWeights.Length, weights.Length, nameof(dWeights));
        switch (LanesOfRow.Level(width))
        {
            case KernelLevel.Vector512:
                RowsVectorBackward<Lanes512>.Run(outputs, slots, weights, chosen, width, dy, dOutputs, dWeights, fresh);
                break;
            case KernelLevel.Vector256:
                RowsVectorBackward<Lanes256>.Run(outputs, slots, weights, chosen, width, dy, dOutputs, dWeights, fresh);
                break;
            case KernelLevel.Vector128:
                RowsVectorBackward<Lanes128>.Run(outputs, slots, weights, chosen, width, dy, dOutputs, dWeights, fresh);
                break;
            default:
                if (fresh) dOutputs.Clear();
                RowsReference.CombineBackward(outputs, slots, weights, chosen, width, dy, dOutputs, dWeights);
                break;
        }
    }

    static void CheckCombine(
        ReadOnlySpan<float> outputs, ReadOnlySpan<int> slots, ReadOnlySpan<float> weights, int chosen, int width,
        int tokenValues, string tokenName)
    {
        int tokens = Require.RowCount(slots.Length, chosen, nameof(slots));
        Require.Length(weights.Length, slots.Length, nameof(weights));
        Require.Length(tokenValues, (long)tokens * width, tokenName);
        CheckIndex(slots, -1, Require.RowCount(outputs.Length, width, nameof(outputs)), nameof(slots));
    }

    static void CheckIndex(ReadOnlySpan<int> index, int lowest, int end, string name)
    {
        for (int i = 0; i < index.Length; i++)
        {
            if (index[i] < lowest || index[i] >= end)
                throw new ArgumentException($"{name}[{i}] is {index[i]}, but there are {end} rows.", name);
        }
    }
}
