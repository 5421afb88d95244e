using Moesaic.Kernels;

namespace Moesaic.Tensors.Tests;

public class RoundedMatrixTests
{
    const int N = 40, K = 24;

    [Fact]
    public void Products_rows_and_losses_read_the_rounded_values_and_the_gradient_reaches_the_float32_ones()
    {
        using var rounded = new RoundedMatrix(Numbers.Parameter(N, K, 1));
        using var plain = Encoded.Decoded(rounded);
        plain.NeedsGradient = true;
        Assert.False(plain.Span.SequenceEqual(rounded.Master.Span));
        var (expected, found) = (Pass(plain), Pass(rounded));
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], 1e-5f);
        for (var i = 0; i < plain.Count; i++) Assert.Equal(plain.Gradient!.Span[i], rounded.Master.Gradient!.Span[i], 1e-5f);
        Assert.Equal((6L * N * K, WeightEncoding.BF16), (rounded.Bytes - ((48 - N) * 2L * K), rounded.Encoding));

        static float[] Pass(WeightMatrix weight)
        {
            using var workspace = new Workspace();
            using var x = Numbers.Parameter(9, K, 2);
            workspace.Begin(recording: true);
            var hidden = workspace.Residual(workspace.Embed(weight, new[] { 1, 5, 5, 0, 2, 3, 4, 6, 39 }), x);
            var losses = workspace.CrossEntropy(hidden, weight, [0, 1, 2, -1, 39, 5, 6, 7, 8], [.. Enumerable.Repeat(0.5f, 9)]);
            workspace.Backward();
            return [.. losses.Span, .. x.Gradient!.Span];
        }
    }

    [Fact]
    public void Steps_too_small_for_bfloat16_add_up()
    {
        using var rounded = new RoundedMatrix(new Tensor(1, 1, [1f]));
        Span<float> value = [0];
        for (var step = 0; step < 4; step++)
        {
            rounded.Master.Span[0] += 0.001f;
            rounded.Refresh();
            rounded.DecodeRow(0, value);
            Assert.Equal(step < 3 ? 1f : 1.0078125f, value[0]);
        }
    }
}
