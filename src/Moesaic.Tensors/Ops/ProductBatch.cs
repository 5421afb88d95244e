using Moesaic.Kernels;

namespace Moesaic.Tensors;

/// <summary>Products y = x Wᵀ that are collected and then handed to the team together. Its lists are kept, so that collecting allocates nothing.</summary>
sealed unsafe class ProductBatch
{
    MatMulProblem[] dense = new MatMulProblem[16];
    EncodedProblem[] encoded = new EncodedProblem[16];
    int denseCount, encodedCount;

    /// <summary>Adds a product; none when there are no rows.</summary>
    /// <param name="x">[rows, weight.Columns].</param>
    /// <param name="rows">Number of rows of x and y.</param>
    /// <param name="weight">W.</param>
    /// <param name="y">[rows, weight.Rows], overwritten by <see cref="Run"/>.</param>
    public void Add(float* x, int rows, WeightMatrix weight, float* y)
    {
        if (rows == 0) return;
        if (weight.Factor is EncodedTensor matrix)
        {
            if (encodedCount == encoded.Length) Array.Resize(ref encoded, 2 * encodedCount);
            encoded[encodedCount++] = new EncodedProblem
            {
                Weights = matrix.Matrix, X = x, M = rows, LdX = weight.Columns, Y = y, LdY = weight.Rows,
            };
            return;
        }
        if (denseCount == dense.Length) Array.Resize(ref dense, 2 * denseCount);
        dense[denseCount++] = new MatMulProblem
        {
            A = x, B = weight.Factor.Dense.Pointer, C = y, M = rows, N = weight.Rows, K = weight.Columns,
            LdA = weight.Columns, LdB = weight.Columns, LdC = weight.Rows,
        };
    }

    /// <summary>Computes all that was added, and forgets it.</summary>
    public void Run()
    {
        var (floats, blocks) = (denseCount, encodedCount);
        denseCount = encodedCount = 0;
        MatMul.Run(MatMulForm.ABt, dense.AsSpan(0, floats));
        EncodedMatMul.Run(encoded.AsSpan(0, blocks));
    }
}
