namespace Moesaic.Kernels.Tests;

public class SoftmaxTests
{
    const double Tolerance = 5e-7;

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Every_width_agrees_with_the_reference(KernelLevel level)
    {
        for (int columns = 1; columns <= 65; columns++)
        {
            Forward(3, columns, 5).Check(level, Tolerance);
            Backward(3, columns).Check(level, Tolerance);
        }

        Forward(0, 7, 1).Check(level, Tolerance);
        Forward(301, 100, 20).Check(level, Tolerance);
        Backward(301, 100).Check(level, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Extreme_and_masked_scores_are_stable(KernelLevel level)
    {
        KernelCase call = Forward(4, 21, 1e4f);
        call.Buffers[0][3] = float.NegativeInfinity;
        call.Buffers[0][20] = float.NegativeInfinity;
        call.Buffers[0][21 * 2 + 20] = float.NaN;
        call.Buffers[0].AsSpan(21 * 3).Fill(float.NegativeInfinity);
        call.Check(level, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Threads_do_not_matter_and_nothing_is_allocated(KernelLevel level)
    {
        Forward(5000, 9, 1).CheckThreads(level);
        Backward(5000, 9).CheckThreads(level);
        Forward(5000, 9, 1).CheckAllocation(level);
        Backward(5000, 9).CheckAllocation(level);
    }

    [Fact]
    public void The_gradient_is_that_of_the_forward()
    {
        double[] x = FiniteDifferences.Numbers(10, 1), dy = FiniteDifferences.Numbers(10, 2), y = new double[10], dx = new double[10];
        double Loss()
        {
            SoftmaxReference.Rows<double>(x, 5, y);
            return FiniteDifferences.Weigh(y, dy);
        }

        Loss();
        SoftmaxReference.RowsBackward<double>(y, dy, 5, dx);
        FiniteDifferences.Check("dx", x, dx, Loss);
    }

    static KernelCase Forward(int rows, int columns, float scale) => new(
        $"Softmax.Rows[{rows}, {columns}]",
        [KernelCase.Numbers(rows * columns, 1, scale), KernelCase.Numbers(rows * columns, 2)],
        b => Softmax.Rows(b[0].Span, columns, b[1].Span),
        b => SoftmaxReference.Rows<double>(b[0], columns, b[1]));

    static KernelCase Backward(int rows, int columns) => new(
        $"Softmax.RowsBackward[{rows}, {columns}]",
        [KernelCase.Numbers(rows * columns, 1), KernelCase.Numbers(rows * columns, 2), KernelCase.Numbers(rows * columns, 3)],
        b => Softmax.RowsBackward(b[0].Span, b[1].Span, columns, b[2].Span),
        b => SoftmaxReference.RowsBackward<double>(b[0], b[1], columns, b[2]));
}
