namespace Moesaic.Kernels.Tests;

public class UngatedTests
{
    const double Tolerance = 5e-7;

    public static TheoryData<KernelLevel, UngatedKind> Calls()
    {
        TheoryData<KernelLevel, UngatedKind> calls = [];
        foreach (KernelLevel level in Levels.Supported)
            foreach (UngatedKind kind in Enum.GetValues<UngatedKind>()) calls.Add(level, kind);
        return calls;
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void Every_length_agrees_with_the_reference(KernelLevel level, UngatedKind kind)
    {
        for (int length = 0; length <= 65; length++)
        {
            Forward(kind, length, 5).Check(level, Tolerance);
            Backward(kind, length, 5).Check(level, Tolerance);
        }

        Forward(kind, 20_001, 15).Check(level, Tolerance);
        Backward(kind, 20_001, 15).Check(level, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void Extremes_are_exact_and_NaN_is_not_hidden(KernelLevel level, UngatedKind kind)
    {
        float[] values = [1e4f, -1e4f, 89, -89, float.NaN, float.PositiveInfinity, float.NegativeInfinity, 14.5f, -14.5f, 0, -0f];
        foreach (KernelCase call in new[] { Forward(kind, 19, 1), Backward(kind, 19, 1) })
        {
            values.CopyTo(call.Buffers[0], 0);
            call.Check(level, Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void Threads_do_not_matter_and_nothing_is_allocated(KernelLevel level, UngatedKind kind)
    {
        foreach (KernelCase call in new[] { Forward(kind, 100_003, 1), Backward(kind, 100_003, 1) })
        {
            call.CheckThreads(level);
            call.CheckAllocation(level);
        }
    }

    [Theory]
    [InlineData(UngatedKind.Relu)]
    [InlineData(UngatedKind.SquaredRelu)]
    [InlineData(UngatedKind.Gelu)]
    [InlineData(UngatedKind.GeluTanh)]
    public void The_gradient_is_that_of_the_forward(UngatedKind kind)
    {
        double[] x = [.. FiniteDifferences.Numbers(40, 1).Select(n => 4 * n)], dy = FiniteDifferences.Numbers(40, 2), dx = new double[40];
        UngatedReference.Backward<double>(kind, x, dy, dx);
        FiniteDifferences.Check("dx", x, dx, () =>
        {
            var y = new double[40];
            UngatedReference.Forward<double>(kind, x, y);
            return FiniteDifferences.Weigh(y, dy);
        });
    }

    /// <summary>What PyTorch 1.13 gives, to twelve digits.</summary>
    [Theory]
    [InlineData(UngatedKind.Gelu, 1, 0.841344746069, 1.083315470588)]
    [InlineData(UngatedKind.Gelu, -0.5, -0.154268769363, 0.132504875344)]
    [InlineData(UngatedKind.Gelu, -4, -0.000126684967, -0.000503649661)]
    [InlineData(UngatedKind.GeluTanh, 1, 0.841191990608, 1.082964083846)]
    [InlineData(UngatedKind.GeluTanh, -4, -0.000070245948, -0.000335123197)]
    public void The_reference_is_that_of_others(UngatedKind kind, double x, double value, double slope)
    {
        double[] y = [0], dx = [0];
        UngatedReference.Forward<double>(kind, [x], y);
        UngatedReference.Backward<double>(kind, [x], [1.0], dx);
        Assert.Equal(value, y[0], 1e-11);
        Assert.Equal(slope, dx[0], 1e-11);
    }

    [Fact]
    public void Lengths_that_differ_are_refused() =>
        Assert.Throws<ArgumentException>(() => Ungated.Forward(UngatedKind.Relu, new float[3], new float[4]));

    static KernelCase Forward(UngatedKind kind, int length, float scale) => new(
        $"Ungated.Forward[{kind}, {length}]",
        [KernelCase.Numbers(length, 1, scale), KernelCase.Numbers(length, 2)],
        b => Ungated.Forward(kind, b[0].Span, b[1].Span),
        b => UngatedReference.Forward<double>(kind, b[0], b[1]));

    static KernelCase Backward(UngatedKind kind, int length, float scale) => new(
        $"Ungated.Backward[{kind}, {length}]",
        [KernelCase.Numbers(length, 1, scale), KernelCase.Numbers(length, 2), KernelCase.Numbers(length, 3)],
        b => Ungated.Backward(kind, b[0].Span, b[1].Span, b[2].Span),
        b => UngatedReference.Backward<double>(kind, b[0], b[1], b[2]));
}
