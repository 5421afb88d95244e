using Moesaic.Tensors.Optimization;

namespace Moesaic.Tensors.Tests.Optimization;

public class AdamWTests
{
    static readonly AdamWOptions plain = new() { ClipNorm = 0, WeightDecay = 0.1f };

    static Tensor WithGradient(Tensor parameter, params ReadOnlySpan<float> gradient)
    {
        using var workspace = new Workspace();
        parameter.NeedsGradient = true;
        gradient.CopyTo(workspace.AddedGradient(parameter)!.Span);
        return parameter;
    }

    static TrainedParameter Trained(string name, Tensor value) => new(name, value, Decays: true);

    [Fact]
    public void The_first_step_goes_by_the_sign_whatever_the_size_of_the_gradient()
    {
        // Corrected by the bias, the first moments are g and g²: the step is η · sign g, after the decay by 1 − η λ.
        using var matrix = WithGradient(new Tensor(2, 2, [1, 2, -4, 0.5f]), 3, -1e-3f, 1e3f, 0);
        using var optimiser = new AdamW([Trained("m", matrix)], plain);
        var norm = optimiser.Step(0.01f);
        Assert.Equal(Math.Sqrt(9 + 1e-6 + 1e6), norm, 1e-3);
        float[] expected = [0.999f - 0.01f, (2 * 0.999f) + 0.01f, (-4 * 0.999f) - 0.01f, 0.5f * 0.999f];
        for (var i = 0; i < 4; i++) Assert.Equal(expected[i], matrix.Span[i], 1e-6f);
        Assert.All(matrix.Gradient!.Span.ToArray(), g => Assert.Equal(0, g));
        Assert.Equal(1, optimiser.StepCount);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public void What_decays_is_said_and_not_read_from_the_shape(int rows, int columns)
    {
        using var matrix = WithGradient(new Tensor(rows, columns, [1, 2]), 0, 0);
        using var vector = WithGradient(new Tensor(rows, columns, [1, 2]), 0, 0);
        using var optimiser = new AdamW([Trained("m", matrix), Trained("v", vector) with { Decays = false }], plain);
        optimiser.Step(0.01f);
        Assert.Equal([0.999f, 2 * 0.999f], matrix.Span.ToArray());
        Assert.Equal([1, 2], vector.Span.ToArray());
    }

    [Fact]
    public void Many_steps_equal_a_plain_loop()
    {
        using var parameter = Numbers.Parameter(5, 7, 1);
        using var optimiser = new AdamW([Trained("p", parameter)], plain);
        var expected = parameter.Span.ToArray().Select(v => (double)v).ToArray();
        var (mean, square) = (new double[35], new double[35]);
        var random = new Random(2);
        for (var step = 1; step <= 20; step++)
        {
            var gradient = new float[35];
            Numbers.Fill(gradient, random);
            WithGradient(parameter, gradient);
            optimiser.Step(0.02f);
            for (var i = 0; i < 35; i++)
            {
                mean[i] = (0.9 * mean[i]) + (0.1 * gradient[i]);
                square[i] = (0.95 * square[i]) + (0.05 * gradient[i] * gradient[i]);
                var (m, v) = (mean[i] / (1 - Math.Pow(0.9, step)), square[i] / (1 - Math.Pow(0.95, step)));
                expected[i] = (expected[i] * (1 - (0.02 * 0.1))) - (0.02 * m / (Math.Sqrt(v) + 1e-8));
            }
        }
        for (var i = 0; i < 35; i++) Assert.Equal(expected[i], parameter.Span[i], 2e-5);
    }

    [Fact]
    public void Clipping_scales_all_gradients_together()
    {
        // Norm 5 over both, clipped to 1: moments are those of a fifth of the gradients.
        using var a = WithGradient(new Tensor(2, 1, [0, 0]), 3, 0);
        using var b = WithGradient(new Tensor(2, 1, [0, 0]), 0, 4);
        using var optimiser = new AdamW([Trained("a", a), Trained("b", b)], plain with { ClipNorm = 1 });
        Assert.Equal(5, optimiser.Step(0.01f), 1e-6);
        var state = optimiser.State.ToDictionary(s => s.Name);
        Assert.Equal(0.1f * 0.6f, state["a"].Mean.Span[0], 1e-7f);
        Assert.Equal(0.05f * 0.64f, state["b"].Square.Span[1], 1e-7f);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_gradient_that_is_not_finite_changes_nothing(float bad)
    {
        using var good = WithGradient(new Tensor(2, 1, [1, 2]), 1, 1);
        using var broken = WithGradient(new Tensor(2, 1, [3, 4]), 1, bad);
        using var optimiser = new AdamW([Trained("good", good), Trained("broken", broken)], plain);
        Assert.False(double.IsFinite(optimiser.Step(0.01f)));
        Assert.Equal([1, 2], good.Span.ToArray());
        Assert.Equal([3, 4], broken.Span.ToArray());
        Assert.Equal(0, optimiser.StepCount);
        Assert.All(optimiser.State, s => Assert.All(s.Mean.Span.ToArray(), m => Assert.Equal(0, m)));
        optimiser.ClearGradients();
        Assert.Equal([0, 0], broken.Gradient!.Span.ToArray());
    }

    [Fact]
    public void A_parameter_no_gradient_reached_stays()
    {
        using var reached = WithGradient(new Tensor(2, 1, [1, 2]), 1, 1);
        using var other = new Tensor(2, 1, [1, 2]);
        using var optimiser = new AdamW([Trained("reached", reached), Trained("other", other)], plain);
        optimiser.Step(0.01f);
        Assert.Equal([1, 2], other.Span.ToArray());
    }
}
