namespace Moesaic.Kernels.Tests;

public unsafe class EncodedTransposedTests
{
    [Theory]
    [MemberData(nameof(EncodedCase.LevelsAndEncodings), MemberType = typeof(EncodedCase))]
    public void The_product_has_the_bits_of_the_decoded_matrix(KernelLevel level, WeightEncoding encoding)
    {
        using var product = new EncodedCase(encoding, m: 5, n: 37, k: 256);
        Levels.At(level, () =>
        {
            foreach (var accumulate in new[] { false, true }) Compare(product, accumulate);
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Blocks_of_rows_do_not_change_the_sums(int threads)
    {
        var before = WorkerTeam.Threads;
        WorkerTeam.Threads = threads;
        // 2112 columns: 496 rows a block, so that 1100 rows are three blocks.
        using var product = new EncodedCase(WeightEncoding.BF16, m: 3, n: 1100, k: 2112);
        Compare(product, accumulate: true);
        WorkerTeam.Threads = before;
    }

    [Fact]
    public void Without_rows_nothing_is_added_and_the_sum_of_nothing_is_zero()
    {
        using var product = new EncodedCase(WeightEncoding.Q8_0, m: 2, n: 0, k: 64);
        float[] x = [.. Enumerable.Repeat(7f, 128)];
        fixed (float* px = x)
        {
            EncodedTransposed.Run(product.Problem(px, px).Weights, px, 2, px, accumulate: true);
            Assert.All(x, v => Assert.Equal(7, v));
            EncodedTransposed.Run(product.Problem(px, px).Weights, px, 2, px, accumulate: false);
            Assert.All(x, v => Assert.Equal(0, v));
        }
    }

    static void Compare(EncodedCase product, bool accumulate)
    {
        var y = KernelCase.Numbers(product.M * product.N, 7);
        var expected = KernelCase.Numbers(product.M * product.K, 8);
        var x = expected.ToArray();
        MatMul.Multiply(MatMulForm.AB, y, product.Decoded(), expected, product.M, product.K, product.N, accumulate);
        fixed (float* px = x, py = y)
            EncodedTransposed.Run(product.Problem(px, py).Weights, py, product.M, px, accumulate);
        Assert.Equal(expected, x);
    }
}
