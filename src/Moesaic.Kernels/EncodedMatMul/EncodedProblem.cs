namespace Moesaic.Kernels;

/// <summary>
/// One product y = x·Wᵀ of a group. The memory must stay put during the call, and Y must overlap nothing that the group
/// reads or writes.
/// </summary>
public unsafe struct EncodedProblem
{
    /// <summary>W [N, K].</summary>
    public EncodedMatrix Weights;

    /// <summary>First element of the activations [M, K]. Problems with the same X, LdX, M and K share its conversion.</summary>
    public float* X;

    /// <summary>Rows of the activations; may be 0.</summary>
    public int M;

    /// <summary>Floats from one row of X to the next; at least K.</summary>
    public int LdX;

    /// <summary>First element of the result [M, N]; overwritten, never read.</summary>
    public float* Y;

    /// <summary>Floats from one row of Y to the next; at least N. What lies between the rows is not touched.</summary>
    public int LdY;
}
