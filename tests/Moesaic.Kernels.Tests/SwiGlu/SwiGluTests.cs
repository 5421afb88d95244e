namespace Moesaic.Kernels.Tests;

public class SwiGluTests
{
    const double Tolerance = 5e-7;

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
    public void Extreme_gates_neither_overflow_nor_hide_NaN(KernelLevel level)
    {
        KernelCase call = Forward(19, 1);
        float[] gate = [1e4f, -1e4f, 89, -89, float.NaN, float.PositiveInfinity, 0, -0f];
        gate.CopyTo(call.Buffers[0], 0);
        call.Check(level, Tolerance);
        call = Backward(19, 1);
        gate.AsSpan(0, 5).CopyTo(call.Buffers[0]);
        call.Check(level, Tolerance);
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
        double[] gate = FiniteDifferences.Numbers(9, 1), up = FiniteDifferences.Numbers(9, 2), dh = FiniteDifferences.Numbers(9, 3);
        double[] dGate = new double[9], dUp = new double[9];
        SwiGluReference.Backward<double>(gate, up, dh, dGate, dUp);
        double Loss()
        {
            var h = new double[9];
            SwiGluReference.Forward<double>(gate, up, h);
            return FiniteDifferences.Weigh(h, dh);
        }

        FiniteDifferences.Check("dGate", gate, dGate, Loss);
        FiniteDifferences.Check("dUp", up, dUp, Loss);
    }

    [Fact]
    public void Lengths_that_differ_are_refused() =>
        Assert.Throws<ArgumentException>(() => SwiGlu.Forward(new float[3], new float[3], new float[4]));

    static KernelCase Forward(int length, float scale) => new(
        $"SwiGlu.Forward[{length}]",
        [KernelCase.Numbers(length, 1, scale), KernelCase.Numbers(length, 2), KernelCase.Numbers(length, 3)],
        b => SwiGlu.Forward(b[0].Span, b[1].Span, b[2].Span),
        b => SwiGluReference.Forward<double>(b[0], b[1], b[2]));

    static KernelCase Backward(int length, float scale) => new(
        $"SwiGlu.Backward[{length}]",
        [
            KernelCase.Numbers(length, 1, scale), KernelCase.Numbers(length, 2), KernelCase.Numbers(length, 3),
            KernelCase.Numbers(length, 4), KernelCase.Numbers(length, 5),
        ],
        b => SwiGlu.Backward(b[0].Span, b[1].Span, b[2].Span, b[3].Span, b[4].Span),
        b => SwiGluReference.Backward<double>(b[0], b[1], b[2], b[3], b[4]));
}
