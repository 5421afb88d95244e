namespace Moesaic.Kernels.Tests;

/// <summary>The definition against the codec, and every level against the definition.</summary>
public class EncodedMatMulTests
{
    static readonly int[] s_rowCounts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 24, 25, 64];

    public static TheoryData<WeightEncoding> Encodings => EncodedCase.Encodings;

    static IEnumerable<(int N, int K)> Sizes(WeightEncoding encoding)
    {
        var block = encoding.BlockLength();
        return block switch
        {
            1 => [(1, 1), (17, 67), (5, 2), (70, 130), (16, 64)],
            32 => [(1, 32), (17, 96), (40, 288), (16, 544)],
            _ => [(1, block), (17, block), (40, 3 * block)],
        };
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void The_definition_is_the_product_of_decoded_weights_and_rounded_activations(WeightEncoding encoding) =>
        Levels.At(KernelLevel.Reference, () =>
        {
            foreach (var (n, k) in Sizes(encoding))
            {
                using var x = new EncodedCase(encoding, 3, n, k, seed: k);
                var weights = x.Decoded();
                var rounded = Rounded(x);
                var y = x.Run();
                for (var i = 0; i < y.Length; i++)
                {
                    double exact = 0, magnitude = 0;
                    for (var j = 0; j < k; j++)
                    {
                        double product = (double)weights[i % n * k + j] * rounded[i / n * k + j];
                        exact += product;
                        magnitude += Math.Abs(product);
                    }

                    // Minima are rounded apart from the levels: they may cancel, which the last term allows for.
                    Assert.True(
                        Math.Abs(exact - y[i]) <= 1e-6 * magnitude + 2e-6 * k / 32,
                        $"{encoding}, N {n}, K {k}: y[{i}] is {y[i]:R}, exact {exact:R}, sum of magnitudes {magnitude:R}.");
                }
            }
        });

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Every_level_gives_the_bits_of_the_definition(WeightEncoding encoding)
    {
        foreach (var (n, k) in Sizes(encoding))
        {
            foreach (var m in s_rowCounts)
            {
                using var x = new EncodedCase(encoding, m, n, k, seed: n + m);
                CheckLevels(x, $"{encoding}, M {m}, N {n}, K {k}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Extreme_levels_do_not_overflow(WeightEncoding encoding)
    {
        foreach (var fill in new byte[] { 0x00, 0xFF, 0x80, 0x7F, 0x88, 0x77 })
        {
            foreach (var rows in new[] { 1, 12 })
            {
                using var x = new EncodedCase(encoding, rows, 16, 512, fill, fill);
                x.X.AsSpan(0, 512).Fill(3);
                x.X.AsSpan((rows - 1) * 512).Fill(-3);
                CheckLevels(x, $"{encoding}, bytes {fill:X2}, M {rows}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void A_scale_that_is_not_finite_shows_in_its_output_alone(WeightEncoding encoding)
    {
        if (EncodedPanels.ShapeOf(encoding) is not { ScaleBytes: 2 or 4 } shape) return;
        foreach (var scale in new[] { Half.NaN, Half.PositiveInfinity, Half.NegativeInfinity })
        {
            using var x = new EncodedCase(encoding, 2, 20, 512, poison: (17, scale));
            foreach (var level in Levels.Supported)
            {
                float[] y = [];
                Levels.At(level, () => y = x.Run());
                for (var i = 0; i < y.Length; i++)
                    Assert.True(float.IsFinite(y[i]) == (i % 20 != 17), $"{encoding}, {scale} at {level}: y[{i}] is {y[i]:R}.");
            }
        }
    }

    static void CheckLevels(EncodedCase x, string what)
    {
        float[] expected = [], y = [];
        Levels.At(KernelLevel.Reference, () => expected = x.Run());
        foreach (var level in Levels.Supported.Where(level => level != KernelLevel.Reference))
        {
            Levels.At(level, () => y = x.Run());
            AssertSameBits(expected, y, $"{what} at {level}");
        }
    }

    internal static void AssertSameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(actual[i]),
                $"{what}: y[{i}] is {actual[i]:R}, expected {expected[i]:R}.");
        }
    }

    /// <summary>The activations as the product sees them.</summary>
    static double[] Rounded(EncodedCase x)
    {
        var group = x.Layout.Encoding.BlockLength();
        var rounded = Array.ConvertAll(x.X, value => (double)value);
        if (group == 1) return rounded;
        for (var start = 0; start < rounded.Length; start += group)
        {
            var values = rounded.AsSpan(start, group);
            double largest = 0;
            foreach (var value in values) largest = Math.Max(largest, Math.Abs(value));
            foreach (ref var value in values) value = Math.Round((float)value * (127 / (float)largest)) * (largest / 127);
        }

        return rounded;
    }
}
