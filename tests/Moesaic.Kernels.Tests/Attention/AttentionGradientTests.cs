namespace Moesaic.Kernels.Tests;

public class AttentionGradientTests
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(2, false)]
    [InlineData(0, true)]
    [InlineData(3, true)]
    public void The_gradient_is_that_of_the_forward(int window, bool withSinks)
    {
        // Two sequences, the second with two cached keys; four query heads share two key heads.
        var shape = new AttentionShape(4, 2, 3, 0.7f, window);
        AttentionSegment[] segments = [new(0, 3, 0, 3), new(3, 2, 3, 4)];
        double[] q = FiniteDifferences.Numbers(5 * 12, 1), k = FiniteDifferences.Numbers(7 * 6, 2), v = FiniteDifferences.Numbers(7 * 6, 3);
        double[] sinks = withSinks ? FiniteDifferences.Numbers(4, 5) : [], dSinks = new double[sinks.Length];
        double[] dOutput = FiniteDifferences.Numbers(q.Length, 4), output = new double[q.Length], logSumExp = new double[5 * 4];
        double Loss()
        {
            AttentionReference.Forward<double>(shape, segments, q, k, v, output, logSumExp, sinks);
            return FiniteDifferences.Weigh(output, dOutput);
        }

        Loss();
        double[] dq = new double[q.Length], dk = new double[k.Length], dv = new double[v.Length];
        AttentionReference.Backward<double>(shape, segments, q, k, v, output, logSumExp, dOutput, dq, dk, dv);
        AttentionSinks.Backward<double>(shape, segments, sinks, output, logSumExp, dOutput, dSinks);
        FiniteDifferences.Check("dSinks", sinks, dSinks, Loss);
        FiniteDifferences.Check("dq", q, dq, Loss);
        FiniteDifferences.Check("dk", k, dk, Loss);
        FiniteDifferences.Check("dv", v, dv, Loss);
    }
}
