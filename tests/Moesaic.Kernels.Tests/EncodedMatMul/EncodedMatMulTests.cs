namespace Moesaic.Kernels.Tests;

/// <summary>The definition against the codec, and every level against the definition.</summary>
public class EncodedMatMulTests
{
    static readonly int[] s_rowCounts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 64];

    public static TheoryData<WeightEncoding> Encodings => EncodedCase.Encodings;

    public static TheoryData<KernelLevel, WeightEncoding> LevelsAndEncodings => EncodedCase.LevelsAndEncodings;

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
    [MemberData(nameof(LevelsAndEncodings))]
    public void Every_level_gives_the_bits_of_the_definition(KernelLevel level, WeightEncoding encoding)
    {
        foreach (var (n, k) in Sizes(encoding))
        {
            foreach (var m in s_rowCounts)
            {
                using var x = new EncodedCase(encoding, m, n, k, seed: n + m);
                float[] expected = [], y = [];
                Levels.At(KernelLevel.Reference, () => expected = x.Run());
                Levels.At(level, () => y = x.Run());
                AssertSameBits(expected, y, $"{encoding} at {level}, M {m}, N {n}, K {k}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(LevelsAndEncodings))]
    public void Extreme_levels_do_not_overflow(KernelLevel level, WeightEncoding encoding)
    {
        if (encoding.BlockLength() == 1) return;
        var k = 512;
        foreach (var fill in new byte[] { 0x00, 0xFF, 0x80, 0x7F })
        {
            using var x = new EncodedCase(encoding, 7, 16, k, fill, fill);
            foreach (var sign in new[] { 1f, -1f })
            {
                x.X.AsSpan().Fill(sign * 3);
                float[] expected = [], y = [];
                Levels.At(KernelLevel.Reference, () => expected = x.Run());
                Levels.At(level, () => y = x.Run());
                AssertSameBits(expected, y, $"{encoding} at {level}, bytes {fill:X2}");
            }
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
