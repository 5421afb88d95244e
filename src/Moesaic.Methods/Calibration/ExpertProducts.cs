using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Moesaic.Kernels;
using Moesaic.Tensors;

namespace Moesaic.Methods.Calibration;

/// <summary>
/// Inner products of what can take part in a token's output: the outputs of all E experts, then its own input where that has a weight, then what
/// the layer should give. ‖Σ cᵢ vᵢ‖² = Σ cᵢ cⱼ ⟨vᵢ, vⱼ⟩ needs no more, and is V²/2 numbers a token where the outputs are E·D.
/// </summary>
/// <param name="vectors">V.</param>
sealed unsafe class ExpertProducts(int vectors)
{
    const int Lanes = 8;

    readonly int[] starts = Starts(vectors);

    /// <summary>Numbers of one token: rows 0 to V − 1 of the lower triangle, each filled up with zeros to a multiple of 8, what is beside the diagonal doubled.</summary>
    public int PerToken => starts[^1];

    /// <summary>Where the row of each vector begins, and the end.</summary>
    public int[] RowStarts => starts;

    /// <summary>Numbers of one token for V vectors.</summary>
    public static int Size(int vectors) => Starts(vectors)[^1];

    /// <summary>The inner products of a chunk of tokens.</summary>
    /// <param name="outputs">[E·C, D]: of expert e the rows e·C and following.</param>
    /// <param name="others">[others·C, D] in the same order, or null for none.</param>
    /// <param name="products">C · <see cref="PerToken"/> numbers, overwritten.</param>
    public void Compute(Tensor outputs, Tensor? others, float* products)
    {
        var chunk = (outputs.Rows + (others?.Rows ?? 0)) / vectors;
        var job = new Job
        {
            Vectors = vectors, Chunk = chunk, Width = outputs.Columns, Experts = outputs.Rows / chunk, Outputs = outputs.Pointer,
            Others = others is null ? null : others.Pointer, Products = products, Starts = starts,
        };
        WorkerTeam.Run(ref job, chunk);
    }

    /// <summary>Σ cᵢ cⱼ ⟨vᵢ, vⱼ⟩ of one token.</summary>
    /// <param name="products">Its numbers.</param>
    /// <param name="coefficients">V coefficients, filled up with zeros to a multiple of 8.</param>
    /// <param name="present">Bits of the vectors whose coefficient may not be zero.</param>
    public double Square(ReadOnlySpan<float> products, ReadOnlySpan<float> coefficients, ReadOnlySpan<ulong> present)
    {
        var sum = Vector256<float>.Zero;
        for (var word = 0; word < present.Length; word++)
            for (var bits = present[word]; bits != 0; bits &= bits - 1)
            {
                var i = (word * 64) + BitOperations.TrailingZeroCount(bits);
                var row = MemoryMarshal.Cast<float, Vector256<float>>(products[starts[i]..starts[i + 1]]);
                var c = MemoryMarshal.Cast<float, Vector256<float>>(coefficients)[..row.Length];
                var inner = Vector256<float>.Zero;
                for (var v = 0; v < row.Length; v++) inner = Vector256.FusedMultiplyAdd(row[v], c[v], inner);
                sum = Vector256.FusedMultiplyAdd(inner, Vector256.Create(coefficients[i]), sum);
            }
        return Math.Max(0, Vector256.Sum(sum));
    }

    static int[] Starts(int vectors)
    {
        var starts = new int[vectors + 1];
        for (var i = 0; i < vectors; i++) starts[i + 1] = checked(starts[i] + ((i + Lanes) / Lanes * Lanes));
        return starts;
    }

    // A part is a token.
    struct Job : IJob
    {
        public int Vectors, Chunk, Width, Experts;
        public float* Outputs, Others, Products;
        public int[] Starts;

        public readonly void Execute(int part)
        {
            var rows = ArrayPool<float>.Shared.Rent(Vectors * Width);
            var square = ArrayPool<float>.Shared.Rent(Vectors * Vectors);
            for (var v = 0; v < Vectors; v++)
            {
                var from = v < Experts ? Outputs + ((((long)v * Chunk) + part) * Width) : Others + ((((long)(v - Experts) * Chunk) + part) * Width);
                new ReadOnlySpan<float>(from, Width).CopyTo(rows.AsSpan(v * Width, Width));
            }
            var all = rows.AsSpan(0, Vectors * Width);
            MatMul.Multiply(MatMulForm.ABt, all, all, square.AsSpan(0, Vectors * Vectors), Vectors, Vectors, Width);
            var packed = new Span<float>(Products + ((long)part * Starts[^1]), Starts[^1]);
            packed.Clear();
            for (var i = 0; i < Vectors; i++)
            {
                for (var j = 0; j < i; j++) packed[Starts[i] + j] = 2 * square[(i * Vectors) + j];
                packed[Starts[i] + i] = square[(i * Vectors) + i];
            }
            ArrayPool<float>.Shared.Return(rows);
            ArrayPool<float>.Shared.Return(square);
        }
    }
}
