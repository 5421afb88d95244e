namespace Moesaic.Kernels;

/// <summary>
/// Which operand of a product is transposed. C is [M, N], the inner dimension is K; all matrices are row-major.
/// </summary>
public enum MatMulForm
{
    /// <summary>
    /// C = A·Bᵀ with A [M, K] and B [N, K]: a layer's output from rows and a weight of one row per output.
    /// </summary>
    ABt,

    /// <summary>C = A·B with A [M, K] and B [K, N]: the gradient of a layer's input.</summary>
    AB,

    /// <summary>
    /// C = Aᵀ·B with A [K, M] and B [K, N]: the gradient of a layer's weight, K running over the rows of a batch.
    /// </summary>
    AtB,
}
