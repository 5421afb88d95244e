namespace Moesaic.Kernels.Tests;

public class ClampedSwiGluTests
{
    const double Tolerance = 5e-7;
    const float Limit = 2, Slope = 1.702f;

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Every_length_agrees_with_the_reference(KernelLevel level)
    {
        for (int length = 0; length <= 65; length++)
        {
            Forward(length, 4).Check(level, Tolerance);
            Backward(length, 4).Check(level, Tolerance);
        }

        Forward(20_001, 8).Check(level, Tolerance);
        Backward(20_001, 8).Check(level, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Extremes_are_cut_off_and_NaN_is_not_hidden(KernelLevel level)
    {
        foreach (int buffer in new[] { 0, 1 })
        {
            KernelCase call = Forward(19, 1);
            float[] values = [1e4f, -1e4f, 89, -89, float.NaN, float.PositiveInfinity, 2, -2, 0, -0f];
            values.CopyTo(call.Buffers[buffer], 0);
            call.Check(level, Tolerance);
            call = Backward(19, 1);
            values.CopyTo(call.Buffers[buffer], 0);
            call.Check(level, Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Threads_do_not_matter_and_nothing_is_allocated(KernelLevel level)
    {
        Forward(100_003, 1).CheckThreads(level);
        Backward(100_003, 1).CheckThreads(level);
        Forward(100_003, 1).CheckAllocation(level);
        Backward(100_003, 1).CheckAllocation(level);
    }

    [Fact]
    public void The_gradient_is_that_of_the_forward()
    {
        double[] gate = FiniteDifferences.Numbers(40, 1), up = FiniteDifferences.Numbers(40, 2), dh = FiniteDifferences.Numbers(40, 3);
        for (int i = 0; i < 40; i++) (gate[i], up[i]) = (4 * gate[i], 4 * up[i]);
        Assert.Contains(gate, g => g > Limit);
        Assert.Contains(up, u => u < -Limit);
        double[] dGate = new double[40], dUp = new double[40];
        ClampedSwiGluReference.Backward<double>(Limit, Slope, gate, up, dh, dGate, dUp);
        double Loss()
        {
            var h = new double[40];
            ClampedSwiGluReference.Forward<double>(Limit, Slope, gate, up, h);
            return FiniteDifferences.Weigh(h, dh);
        }

        FiniteDifferences.Check("dGate", gate, dGate, Loss);
        FiniteDifferences.Check("dUp", up, dUp, Loss);
    }

    [Fact]
    public void Lengths_that_differ_are_refused() =>
        Assert.Throws<ArgumentException>(() => ClampedSwiGlu.Forward(7, 1, new float[3], new float[3], new float[4]));

    static KernelCase Forward(int length, float scale) => new(
        $"ClampedSwiGlu.Forward[{length}]",
        [KernelCase.Numbers(length, 1, scale), KernelCase.Numbers(length, 2, scale), KernelCase.Numbers(length, 3)],
        b => ClampedSwiGlu.Forward(Limit, Slope, b[0].Span, b[1].Span, b[2].Span),
        b => ClampedSwiGluReference.Forward<double>(Limit, Slope, b[0], b[1], b[2]));

    static KernelCase Backward(int length, float scale) => new(
        $"ClampedSwiGlu.Backward[{length}]",
        [
            KernelCase.Numbers(length, 1, scale), KernelCase.Numbers(length, 2, scale), KernelCase.Numbers(length, 3),
            KernelCase.Numbers(length, 4), KernelCase.Numbers(length, 5),
        ],
        b => ClampedSwiGlu.Backward(Limit, Slope, b[0].Span, b[1].Span, b[2].Span, b[3].Span, b[4].Span),
        b => ClampedSwiGluReference.Backward<double>(Limit, Slope, b[0], b[1], b[2], b[3], b[4]));
}
