namespace Moesaic.Kernels.Tests;

public class MatMulTests
{
    public static TheoryData<KernelLevel, MatMulForm> LevelsAndForms
    {
        get
        {
            var data = new TheoryData<KernelLevel, MatMulForm>();
            foreach (var level in Levels.Supported)
            {
                foreach (var form in Enum.GetValues<MatMulForm>())
                    data.Add(level, form);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(LevelsAndForms))]
    public void Every_size_gives_the_bits_of_the_definition(KernelLevel level, MatMulForm form) => Levels.At(level, () =>
    {
        int[] rows = [0, 1, 2, 3, 5, 6, 7, 8, 9, 11, 12, 13, 17, 19, 25];
        int[] columns = [0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 47, 63, 64, 65, 127, 128, 130, 193];
        int[] depths = [0, 1, 2, 3, 4, 5, 15, 16, 17, 31, 33, 64, 255, 256, 257, 300, 513];
        var seed = 0;
        foreach (var m in rows)
        {
            foreach (var n in columns)
            {
                var k = depths[seed % depths.Length];
                var accumulate = (seed & 1) == 1;
                var x = new Matrices(form, m, n, k, seed, gap: seed % 3 * 5);
                Assert.Equal(x.Expected(accumulate), x.Run(accumulate));
                seed++;
            }
        }
    });

    [Theory]
    [MemberData(nameof(LevelsAndForms))]
    public void Sizes_around_every_cut_give_the_bits_of_the_definition(KernelLevel level, MatMulForm form) => Levels.At(level, () =>
    {
        // Slices of k, rows kept near, blocks of rows and columns, with one more and one less.
        (int M, int N, int K)[] sizes = [(263, 70, 257), (265, 66, 31), (1057, 17, 9), (10, 257, 511), (9, 515, 12), (48, 260, 300), (100, 131, 257), (128, 70, 40), (70, 321, 770), (530, 130, 300)];
        foreach (var (m, n, k) in sizes)
        {
            var x = new Matrices(form, m, n, k, seed: m, gap: 3);
            Assert.Equal(x.Expected(accumulate: true), x.Run(accumulate: true));
            Assert.Equal(x.Expected(accumulate: false), x.Run(accumulate: false));
        }
    });

    [Theory]
    [MemberData(nameof(LevelsAndForms))]
    public void Nothing_outside_the_matrices_is_touched(KernelLevel level, MatMulForm form) => Levels.At(level, () =>
    {
        int[] lengths = [1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 63, 64, 65, 130];
        var random = new Random(7);
        for (var i = 0; i < 120; i++)
        {
            var (m, n, k) = (Pick(), Pick(), Pick());
            var x = new Matrices(form, m, n, k, seed: i);
            foreach (var atEnd in new[] { true, false })
            {
                using GuardedBuffer a = new(x.A, atEnd), b = new(x.B, atEnd), c = new(x.C, atEnd);
                MatMul.Multiply(form, a.Span, b.Span, c.Span, m, n, k, accumulate: i % 2 == 0);
                Assert.Equal(x.Expected(i % 2 == 0), c.Span.ToArray());
            }
        }

        int Pick() => lengths[random.Next(lengths.Length)];
    });

    [Theory]
    [MemberData(nameof(LevelsAndForms))]
    public void Error_against_exact_sums_is_within_the_stated_tolerance(KernelLevel level, MatMulForm form) => Levels.At(level, () =>
    {
        const int K = 2000;
        var x = new Matrices(form, 20, 70, K);
        var c = x.Run(accumulate: false);
        double error = 0, power = 0;
        for (var m = 0; m < x.M; m++)
        {
            for (var n = 0; n < x.N; n++)
            {
                var exact = x.Exact(m, n);
                error += Math.Pow(c[m * x.LdC + n] - exact, 2);
                power += exact * exact;
            }
        }

        Assert.InRange(Math.Sqrt(error / power), 0, Math.Sqrt(K) * Math.Pow(2, -24));
    });

    [Theory]
    [MemberData(nameof(LevelsAndForms))]
    public void Not_a_number_and_infinity_reach_exactly_their_row_or_column(KernelLevel level, MatMulForm form) => Levels.At(level, () =>
    {
        foreach (var m in new[] { 3, 20 })
        {
            var x = new Matrices(form, m, 70, 40);
            x.A[form == MatMulForm.AtB ? 7 * x.LdA + 2 : 2 * x.LdA + 7] = float.NaN;
            x.B[form == MatMulForm.ABt ? 69 * x.LdB + 9 : 9 * x.LdB + 69] = float.PositiveInfinity;
            x.B.AsSpan(0, 1).Clear();
            var c = x.Run(accumulate: false);
            for (var row = 0; row < x.M; row++)
            {
                for (var column = 0; column < x.N; column++)
                {
                    var value = c[row * x.LdC + column];
                    Assert.True(row == 2 ? float.IsNaN(value) : column == 69 ? float.IsInfinity(value) : float.IsFinite(value));
                }
            }
        }
    });

    [Theory]
    [MemberData(nameof(LevelsAndForms))]
    public void Zero_times_infinity_is_not_skipped(KernelLevel level, MatMulForm form) => Levels.At(level, () =>
    {
        var c = new float[1];
        MatMul.Multiply(form, [0, 1], [float.PositiveInfinity, 1], c, 1, 1, 2);
        Assert.True(float.IsNaN(c[0]));
    });

    [Theory]
    [MemberData(nameof(LevelsAndForms))]
    public void Without_depth_the_result_is_zero_or_stays(KernelLevel level, MatMulForm form) => Levels.At(level, () =>
    {
        var c = Enumerable.Repeat(float.NaN, 200).ToArray();
        MatMul.Multiply(form, [], [], c, 20, 10, 0);
        Assert.All(c, value => Assert.Equal(0, value));
        c.AsSpan().Fill(3);
        MatMul.Multiply(form, [], [], c, 20, 10, 0, accumulate: true);
        Assert.All(c, value => Assert.Equal(3, value));
    });

    [Fact]
    public void Lengths_must_fit_the_shape()
    {
        Assert.Throws<ArgumentException>("a", () => MatMul.Multiply(MatMulForm.AB, new float[5], new float[6], new float[4], 2, 2, 3));
        Assert.Throws<ArgumentException>("b", () => MatMul.Multiply(MatMulForm.AB, new float[6], new float[7], new float[4], 2, 2, 3));
        Assert.Throws<ArgumentException>("c", () => MatMul.Multiply(MatMulForm.AB, new float[6], new float[6], new float[3], 2, 2, 3));
        Assert.Throws<ArgumentException>("a", () => MatMul.Multiply(MatMulForm.AB, [], [], [], -1, 0, 0));
    }

    [Fact]
    public void The_result_must_not_overlap_an_operand()
    {
        var shared = new float[8];
        Assert.Throws<ArgumentException>("c", () => MatMul.Multiply(MatMulForm.AB, shared.AsSpan(0, 4), new float[4], shared.AsSpan(2, 4), 2, 2, 2));
    }

    [Fact]
    public unsafe void Leading_dimensions_and_addresses_are_checked()
    {
        var memory = new float[64];
        fixed (float* p = memory)
        {
            var good = new MatMulProblem { A = p, B = p + 16, C = p + 32, M = 4, N = 4, K = 4, LdA = 4, LdB = 4, LdC = 4 };
            MatMul.Run(MatMulForm.AB, good);
            foreach (var bad in new[]
            {
                good with { LdA = 3 }, good with { LdB = 3 }, good with { LdC = 3 }, good with { M = -1 }, good with { A = null },
                good with { C = null },
            })
            {
                Assert.Throws<ArgumentException>(() => MatMul.Run(MatMulForm.AB, bad));
            }
        }
    }
}
