namespace Moesaic.Kernels.Tests;

public class AdamWTests
{
    static readonly AdamWStep s_step = new(1e-2f, 0.9f, 0.95f, 1e-8f, 0.1f, 3, 0.5f);

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Every_length_agrees_with_the_reference(KernelLevel level)
    {
        for (int length = 0; length <= 65; length++) Step(length).Check(level, 1e-6);
        Step(40_001).Check(level, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Threads_do_not_matter_and_nothing_is_allocated(KernelLevel level)
    {
        Step(100_003).CheckThreads(level);
        Step(100_003).CheckAllocation(level);
    }

    [Fact]
    public void The_first_step_moves_by_the_learning_rate_against_the_sign()
    {
        double[] parameter = [1, 1, 1], gradient = [0.3, -7, 0], m = new double[3], v = new double[3];
        AdamWReference.Step<double>(
            parameter, gradient, m, v, new(LearningRate: 0.5f, 0.9f, 0.999f, 1e-8f, WeightDecay: 0, Step: 1, GradientScale: 1));
        Assert.Equal(0.5, parameter[0], 1e-6);
        Assert.Equal(1.5, parameter[1], 1e-6);
        Assert.Equal(1, parameter[2]);
    }

    [Fact]
    public void Decay_is_decoupled_from_the_gradient()
    {
        double[] parameter = [2], gradient = [0], m = new double[1], v = new double[1];
        AdamWReference.Step<double>(
            parameter, gradient, m, v, new(LearningRate: 0.5f, 0.9f, 0.999f, 1e-8f, WeightDecay: 0.25f, Step: 1, GradientScale: 1));
        Assert.Equal(2 * (1 - 0.125), parameter[0], 1e-12);
    }

    static KernelCase Step(int length) => new(
        $"AdamW.Step[{length}]",
        [
            KernelCase.Numbers(length, 1), KernelCase.Numbers(length, 2), KernelCase.Numbers(length, 3),
            [.. KernelCase.Numbers(length, 4).Select(MathF.Abs)],
        ],
        b => AdamW.Step(b[0].Span, b[1].Span, b[2].Span, b[3].Span, s_step),
        b => AdamWReference.Step<double>(b[0], b[1], b[2], b[3], s_step));
}
