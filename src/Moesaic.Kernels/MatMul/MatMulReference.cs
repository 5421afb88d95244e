using System.Numerics;

namespace Moesaic.Kernels;

/// <summary>The definition of the product: one chain of fused multiply-adds per element, in ascending k.</summary>
static unsafe class MatMulReference
{
    public static void Fill(MatMulForm form, in MatMulProblem p, Block block)
    {
        for (var m = block.Row; m < block.Row + block.Rows; m++)
        {
            for (var n = block.Column; n < block.Column + block.Columns; n++)
            {
                var c = p.C + (long)m * p.LdC + n;
                *c = Element<float>(form, p, m, n, p.Accumulate ? *c : 0);
            }
        }
    }

    /// <summary>
    /// One element, computed in <typeparamref name="T"/>: double gives the oracle of the tolerance tests.
    /// </summary>
    public static T Element<T>(MatMulForm form, in MatMulProblem p, int m, int n, T start)
        where T : IFloatingPointIeee754<T>
    {
        var sum = start;
        for (var k = 0; k < p.K; k++)
        {
            var a = form == MatMulForm.AtB ? p.A[(long)k * p.LdA + m] : p.A[(long)m * p.LdA + k];
            var b = form == MatMulForm.ABt ? p.B[(long)n * p.LdB + k] : p.B[(long)k * p.LdB + n];
            sum = T.FusedMultiplyAdd(T.CreateTruncating(a), T.CreateTruncating(b), sum);
        }

        return sum;
    }
}
