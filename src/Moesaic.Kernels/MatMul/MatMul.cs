using System.Runtime.InteropServices;

namespace Moesaic.Kernels;

/// <summary>
/// The float32 matrix product, C = op(A)·op(B) or C += op(A)·op(B), alone or in groups.
/// </summary>
/// <remarks>
/// <para>Each element of C is one chain of multiply-adds in ascending k that starts at zero, or at the old element when
/// accumulating: c = fma(a[k], b[k], c). Tiles, threads, group and the number of rows or columns only decide who
/// computes an element and when, never this chain. Therefore the bits of a row are the same whether it is computed
/// alone or with others, by any number of threads, and at every <see cref="KernelLevel"/> of a machine with fused
/// multiply-add.</para>
/// <para>Tolerance against exact arithmetic: |c - exact| at most K·2⁻²⁴·Σ|a·b| to first order; for random operands the
/// normalised error (root of the mean squared error over the root mean square of C) stays below √K·2⁻²⁴.</para>
/// <para>NaN and infinity propagate as in the plain loop: no element is skipped because it is zero.</para>
/// </remarks>
public static unsafe class MatMul
{
    /// <summary>One product.</summary>
    /// <exception cref="ArgumentException">A size is negative, a leading dimension too small or an address
    /// missing.</exception>
    public static void Run(MatMulForm form, in MatMulProblem problem) =>
        Run(form, MemoryMarshal.CreateReadOnlySpan(in problem, 1));

    /// <summary>
    /// A group of products, scheduled together over the <see cref="WorkerTeam"/>; sizes may differ and may be zero (an
    /// expert without tokens). Results of the group must not overlap.
    /// </summary>
    /// <exception cref="ArgumentException">A size is negative, a leading dimension too small or an address
    /// missing.</exception>
    public static void Run(MatMulForm form, ReadOnlySpan<MatMulProblem> problems)
    {
        foreach (ref readonly var problem in problems)
            Check(form, problem);
        MatMulSchedule.Run(form, problems);
    }

    /// <summary>One product of dense matrices in spans, all row-major without gaps.</summary>
    /// <param name="form">Which operand is transposed.</param>
    /// <param name="a">[m, k], or [k, m] in <see cref="MatMulForm.AtB"/>.</param>
    /// <param name="b">[k, n], or [n, k] in <see cref="MatMulForm.ABt"/>.</param>
    /// <param name="c">[m, n]; must not overlap the operands.</param>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">Length of the sums.</param>
    /// <param name="accumulate">Add to <paramref name="c"/> instead of overwriting it.</param>
    /// <exception cref="ArgumentException">A span's length is not that of its shape, or C overlaps an
    /// operand.</exception>
    public static void Multiply(
        MatMulForm form, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c, int m, int n, int k, bool accumulate = false)
    {
        RequireLength(a.Length, m, k, nameof(a));
        RequireLength(b.Length, n, k, nameof(b));
        RequireLength(c.Length, m, n, nameof(c));
        if (c.Overlaps(a) || c.Overlaps(b))
            throw new ArgumentException("The result overlaps an operand.", nameof(c));

        fixed (float* pa = a, pb = b, pc = c)
        {
            Run(form, new MatMulProblem
            {
                A = pa, B = pb, C = pc, M = m, N = n, K = k,
                LdA = form == MatMulForm.AtB ? m : k,
                LdB = form == MatMulForm.ABt ? k : n,
                LdC = n,
                Accumulate = accumulate,
            });
        }
    }

    static void RequireLength(int length, int rows, int columns, string name)
    {
        if (rows < 0 || columns < 0 || length != (long)rows * columns)
            throw new ArgumentException($"A matrix of {rows} x {columns} cannot be a span of {length} floats.", name);
    }

    static void Check(MatMulForm form, in MatMulProblem p)
    {
        if (p.M < 0 || p.N < 0 || p.K < 0)
            throw new ArgumentException($"Negative size: M {p.M}, N {p.N}, K {p.K}.", nameof(p));
        if (p.M == 0 || p.N == 0)
            return;
        var rowA = form == MatMulForm.AtB ? p.M : p.K;
        var rowB = form == MatMulForm.ABt ? p.K : p.N;
        if (p.LdA < rowA || p.LdB < rowB || p.LdC < p.N)
        {
            throw new ArgumentException(
                $"Leading dimensions A {p.LdA}, B {p.LdB}, C {p.LdC} are shorter than rows of {rowA}, {rowB}, {p.N}.", nameof(p));
        }

        if (p.C == null || (p.K > 0 && (p.A == null || p.B == null)))
            throw new ArgumentException("An operand or the result has no address.", nameof(p));
    }
}
