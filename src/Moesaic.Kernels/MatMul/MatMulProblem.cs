namespace Moesaic.Kernels;

/// <summary>
/// One product of a group: addresses, sizes and leading dimensions. The memory must stay put during the call, and C
/// must overlap no operand of the group. Addresses need no alignment beyond that of a float.
/// </summary>
public unsafe struct MatMulProblem
{
    /// <summary>First element of the left operand: [M, K], or [K, M] in <see cref="MatMulForm.AtB"/>.</summary>
    public float* A;

    /// <summary>First element of the right operand: [K, N], or [N, K] in <see cref="MatMulForm.ABt"/>.</summary>
    public float* B;

    /// <summary>First element of the result [M, N].</summary>
    public float* C;

    /// <summary>Rows of the result; may be 0.</summary>
    public int M;

    /// <summary>Columns of the result; may be 0.</summary>
    public int N;

    /// <summary>Length of the sums. With 0 the result is zero, or stays as it is when accumulating.</summary>
    public int K;

    /// <summary>Floats from one row of A, as stored, to the next; at least the stored row length.</summary>
    public int LdA;

    /// <summary>Floats from one row of B, as stored, to the next; at least the stored row length.</summary>
    public int LdB;

    /// <summary>Floats from one row of C to the next; at least N. What lies between the rows is not touched.</summary>
    public int LdC;

    /// <summary>Add to C instead of overwriting it. When false, C is never read and may be uninitialised.</summary>
    public bool Accumulate;
}
