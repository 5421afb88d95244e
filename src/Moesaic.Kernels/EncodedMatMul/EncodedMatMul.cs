using System.Runtime.InteropServices;

namespace Moesaic.Kernels;

/// <summary>
/// y = x·Wᵀ with weights W in a <see cref="WeightEncoding"/> and x, y in float32, alone or in groups.
/// </summary>
/// <remarks>
/// <para>For block types, x is rounded to signed bytes first: scale = largest magnitude / 127, of each 32 values, or of
/// each 256 for types with blocks of 256. Within a block the products of levels are summed exactly, as integers; the sums of
/// a row's blocks are then added in ascending k by fused multiply-adds. F32, F16 and BF16 keep x as it is and add single
/// products in ascending k, so that they give the bits of <see cref="MatMul"/> with the decoded weights.</para>
/// <para>Threads, the group, the number of rows and the <see cref="KernelLevel"/> of a machine with fused multiply-add only
/// decide who computes an element and when: the bits of a row are the same alone and among others.</para>
/// <para>NaN and infinity in x make all results of their row NaN or infinite that a weight other than zero connects them
/// with, except that F32, F16 and BF16 propagate them exactly as <see cref="MatMul"/>.</para>
/// </remarks>
public static unsafe class EncodedMatMul
{
    /// <summary>One product.</summary>
    /// <exception cref="ArgumentException">A size is negative, a leading dimension too small or an address
    /// missing.</exception>
    public static void Run(in EncodedProblem problem) => Run(MemoryMarshal.CreateReadOnlySpan(in problem, 1));

    /// <summary>
    /// A group of products, scheduled together over the <see cref="WorkerTeam"/>. Encodings and sizes may differ; M may be
    /// zero (an expert without tokens). Allocates nothing on the managed heap.
    /// </summary>
    /// <exception cref="ArgumentException">A size is negative, a leading dimension too small or an address
    /// missing.</exception>
    public static void Run(ReadOnlySpan<EncodedProblem> problems)
    {
        foreach (ref readonly var problem in problems)
            Check(problem);
        EncodedSchedule.Run(problems);
    }

    static void Check(in EncodedProblem p)
    {
        var layout = p.Weights.Layout;
        if (p.M < 0) throw new ArgumentException($"Negative number of rows: {p.M}.", nameof(p));
        if (p.M == 0 || layout.Rows == 0) return;
        if (p.LdX < layout.Columns || p.LdY < layout.Rows)
        {
            throw new ArgumentException(
                $"Leading dimensions X {p.LdX}, Y {p.LdY} are shorter than rows of {layout.Columns}, {layout.Rows}.", nameof(p));
        }

        if (p.Y == null || (layout.Columns > 0 && (p.X == null || p.Weights.Address == null)))
            throw new ArgumentException("The activations, the weights or the result have no address.", nameof(p));
    }
}
