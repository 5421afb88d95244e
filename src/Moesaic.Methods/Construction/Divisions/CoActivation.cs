using System.Runtime.InteropServices;
using Moesaic.Kernels;
using Moesaic.Methods.Construction.Importance;
using Moesaic.Tensors;

namespace Moesaic.Methods.Construction.Divisions;

/// <summary>What a neuron's value counts for while co-activation is summed.</summary>
public enum ActivationKernel
{
    /// <summary>|h|.</summary>
    L1,

    /// <summary>h².</summary>
    L2,

    /// <summary>h itself: neurons of opposite sign repel each other.</summary>
    Plain,
}

/// <summary>
/// Which neurons are active together: A = Σ m mᵀ over the tokens, m = |h| or h² (Zhang et al. 2022, "MoEfication",
/// co-activation graph split; LLaMA-MoE v1's graph split). One block of tokens is one matrix product of which the upper triangle
/// is computed.
/// </summary>
/// <remarks>
/// The neurons of a gated feed-forward are all a little active, so that A alone would tie everybody to the loudest: edges are weighed by
/// A[i, j] / √(A[i, i] A[j, j]), and each neuron keeps its strongest. Published code instead caps the sums of a shard at 1 and drops edges below a percentile.
/// </remarks>
/// <param name="width">Number of neurons, F; F² numbers are held.</param>
/// <param name="kernel">What a value counts for.</param>
public sealed unsafe class CoActivation(int width, ActivationKernel kernel) : IDisposable
{
    const int Panel = 1024;

    // F² numbers may be more than a tensor holds.
    readonly AlignedBlock sums = new((long)width * width * sizeof(float), zeroed: true);

    float* Row(int row) => (float*)sums.Pointer + ((long)row * width);

    /// <summary>Adds tokens.</summary>
    /// <param name="neurons">[T, F]: what the neurons hold; overwritten.</param>
    /// <param name="counted">T flags; empty when all count.</param>
    public void Add(Tensor neurons, ReadOnlySpan<bool> counted)
    {
        Apply(neurons, counted);
        var problems = new List<MatMulProblem>();
        for (var row = 0; row < width; row += Panel)
        {
            problems.Add(new MatMulProblem
            {
                A = neurons.Pointer + row, B = neurons.Pointer + row, C = Row(row) + row,
                M = Math.Min(Panel, width - row), N = width - row, K = neurons.Rows, LdA = width, LdB = width, LdC = width, Accumulate = true,
            });
        }
        MatMul.Run(MatMulForm.AtB, CollectionsMarshal.AsSpan(problems));
    }

    void Apply(Tensor neurons, ReadOnlySpan<bool> counted)
    {
        for (var t = 0; t < neurons.Rows; t++)
        {
            var h = neurons.Row(t);
            if (!counted.IsEmpty && !counted[t]) h.Clear();
            else if (kernel == ActivationKernel.L1) System.Numerics.Tensors.TensorPrimitives.Abs(h, h);
            else if (kernel == ActivationKernel.L2) System.Numerics.Tensors.TensorPrimitives.Multiply(h, h, h);
        }
    }

    /// <summary>A[i, j].</summary>
    public float this[int i, int j] => i <= j ? Row(i)[j] : Row(j)[i];

    /// <summary>The graph of the strongest ties.</summary>
    /// <param name="neighbours">Edges that each neuron keeps.</param>
    /// <param name="among">The neurons that are its nodes, ascending; null: all.</param>
    public NeuronGraph Graph(int neighbours, int[]? among = null)
    {
        var nodes = among ?? [.. Enumerable.Range(0, width)];
        float[] inverse = [.. nodes.Select(j => this[j, j] is > 0 and var square ? 1 / MathF.Sqrt(square) : 0)];
        return NeuronGraph.Strongest(nodes.Length, neighbours, (j, row) =>
        {
            for (var i = 0; i < row.Length; i++) row[i] = this[nodes[j], nodes[i]] * inverse[i] * inverse[j];
        });
    }

    /// <summary>
    /// The neurons that add most to the residual stream over all tokens, √A[j, j] · |down column j| (with L1 the root of Σ h² |down|²): those
    /// for shared experts. Loudest first, of equals the lower number.
    /// </summary>
    /// <param name="down">[D, F].</param>
    /// <param name="count">How many.</param>
    public int[] Loudest(Tensor down, int count)
    {
        var added = NeuronActivity.ColumnLengths(down);
        for (var j = 0; j < width; j++) added[j] *= MathF.Sqrt(this[j, j]);
        return [.. Enumerable.Range(0, width).OrderByDescending(j => added[j]).Take(count)];
    }

    /// <summary>Frees the sums.</summary>
    public void Dispose() => sums.Dispose();
}
