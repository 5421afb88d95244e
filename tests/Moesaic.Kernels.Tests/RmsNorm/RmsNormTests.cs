namespace Moesaic.Kernels.Tests;

public class RmsNormTests
{
    const double Tolerance = 1e-6;

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Every_width_agrees_with_the_reference(KernelLevel level)
    {
        for (int width = 1; width <= 65; width++)
        {
            foreach (int rows in new[] { 0, 1, 3 })
            {
                Forward(rows, width).Check(level, Tolerance);
                Backward(rows, width).Check(level, Tolerance);
            }
        }

        Forward(401, 256).Check(level, Tolerance);
        Backward(401, 256).Check(level, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Either_gradient_may_be_left_out(KernelLevel level)
    {
        Backward(5, 40, wantInput: false).Check(level, Tolerance);
        Backward(5, 40, wantWeight: false).Check(level, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void A_NaN_spoils_its_row_only(KernelLevel level)
    {
        KernelCase call = Forward(3, 33);
        call.Buffers[0][33 + 32] = float.NaN;
        call.Check(level, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Threads_do_not_matter_and_nothing_is_allocated(KernelLevel level)
    {
        Forward(600, 100).CheckThreads(level);
        Backward(600, 100).CheckThreads(level);
        Forward(600, 100).CheckAllocation(level);
        Backward(600, 100).CheckAllocation(level);
    }

    [Fact]
    public void The_gradient_is_that_of_the_forward()
    {
        const int rows = 3, width = 5;
        double[] x = FiniteDifferences.Numbers(rows * width, 1), weight = FiniteDifferences.Numbers(width, 2);
        double[] dy = FiniteDifferences.Numbers(rows * width, 3), y = new double[rows * width], inverse = new double[rows];
        double Loss()
        {
            RmsNormReference.Forward<double>(x, weight, 1e-5, y, inverse);
            return FiniteDifferences.Weigh(y, dy);
        }

        Loss();
        double[] dx = new double[rows * width], dWeight = new double[width];
        RmsNormReference.Backward<double>(x, weight, inverse, dy, dx, dWeight);
        FiniteDifferences.Check("dx", x, dx, Loss);
        FiniteDifferences.Check("dWeight", weight, dWeight, Loss);
    }

    static KernelCase Forward(int rows, int width) => new(
        $"RmsNorm.Forward[{rows}, {width}]",
        [
            KernelCase.Numbers(rows * width, 1), KernelCase.Numbers(width, 2), KernelCase.Numbers(rows * width, 3),
            KernelCase.Numbers(rows, 4),
        ],
        b => RmsNorm.Forward(b[0].Span, b[1].Span, 1e-5f, b[2].Span, b[3].Span),
        b => RmsNormReference.Forward<double>(b[0], b[1], 1e-5f, b[2], b[3]));

    static KernelCase Backward(int rows, int width, bool wantInput = true, bool wantWeight = true) => new(
        $"RmsNorm.Backward[{rows}, {width}]",
        [
            KernelCase.Numbers(rows * width, 1), KernelCase.Numbers(width, 2), KernelCase.Numbers(rows, 3),
            KernelCase.Numbers(rows * width, 4), KernelCase.Numbers(wantInput ? rows * width : 0, 5),
            KernelCase.Numbers(wantWeight ? width : 0, 6),
        ],
        b => RmsNorm.Backward(b[0].Span, b[1].Span, b[2].Span, b[3].Span, b[4].Span, b[5].Span),
        b => RmsNormReference.Backward<double>(b[0], b[1], b[2], b[3], b[4], b[5]));
}
