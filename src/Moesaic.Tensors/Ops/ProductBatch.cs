using Moesaic.Kernels;

namespace Moesaic.Tensors;

/// <summary>Products y = x Wᵀ that are collected and then handed to the team together. Its lists are kept, so that collecting allocates nothing.</summary>
sealed unsafe class ProductBatch
{
    MatMulProblem[] dense = new MatMulProblem[16];
    int denseCount;

    /// <summary>Adds a product; none when there are no rows.</summary>
    /// <param name="x">[rows, weight.Columns].</param>
    /// <param name="rows">Number of rows of x and y.</param>
    /// <param name="weight">W.</param>
    /// <param name="y">[rows, weight.Rows], overwritten by <see cref="Run"/>.</param>
    public void Add(float* x, int rows, WeightMatrix weight, float* y)
    {
        if (rows == 0) return;
        if (denseCount == dense.Length) Array.Resize(ref dense, 2 * denseCount);
        dense[denseCount++] = new MatMulProblem
        {
            A = x, B = weight.Dense.Pointer, C = y, M = rows, N = weight.Rows, K = weight.Columns,
            LdA = weight.Columns, LdB = weight.Columns, LdC = weight.Rows,
        };
    }

    /// <summary>Computes all that was added, and forgets it.</summary>
    public void Run()
    {
        var count = denseCount;
        denseCount = 0;
        MatMul.Run(MatMulForm.ABt, dense.AsSpan(0, count));
    }
}
