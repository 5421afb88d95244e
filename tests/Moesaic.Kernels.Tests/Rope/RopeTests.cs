namespace Moesaic.Kernels.Tests;

public class RopeTests
{
    const double Tolerance = 3e-7;

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Every_head_width_agrees_with_the_reference(KernelLevel level)
    {
        for (int half = 1; half <= 65; half++)
        {
            Apply(tokens: 2, heads: 3, half, inverse: false).Check(level, Tolerance);
            Apply(tokens: 2, heads: 1, half, inverse: true).Check(level, Tolerance);
        }

        Apply(tokens: 0, heads: 2, 8, inverse: false).Check(level, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Threads_do_not_matter_and_nothing_is_allocated(KernelLevel level)
    {
        Apply(700, 6, 24, inverse: false).CheckThreads(level);
        Apply(700, 6, 24, inverse: true).CheckAllocation(level);
    }

    [Fact]
    public void The_inverse_undoes_the_rotation()
    {
        double[] angles = FiniteDifferences.Numbers(4 * 3, 1), x = FiniteDifferences.Numbers(3 * 2 * 8, 2), turned = [.. x];
        double[] cos = [.. angles.Select(Math.Cos)], sin = [.. angles.Select(Math.Sin)];
        RopeReference.Apply<double>(turned, 2, 8, [2, 0, 1], cos, sin, inverse: false);
        Assert.NotEqual(x, turned);
        RopeReference.Apply<double>(turned, 2, 8, [2, 0, 1], cos, sin, inverse: true);
        Assert.All(x.Zip(turned), pair => Assert.Equal(pair.First, pair.Second, 1e-14));
    }

    [Fact]
    public void The_inverse_is_the_gradient_of_the_rotation()
    {
        double[] cos = FiniteDifferences.Numbers(2 * 2, 1), sin = FiniteDifferences.Numbers(2 * 2, 2);
        double[] x = FiniteDifferences.Numbers(8, 3), dy = FiniteDifferences.Numbers(8, 4), dx = [.. dy];
        RopeReference.Apply<double>(dx, 1, 4, [1, 0], cos, sin, inverse: true);
        FiniteDifferences.Check("dx", x, dx, () =>
        {
            double[] y = [.. x];
            RopeReference.Apply<double>(y, 1, 4, [1, 0], cos, sin, inverse: false);
            return FiniteDifferences.Weigh(y, dy);
        });
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(5)]
    public void A_position_outside_the_table_is_refused(int position)
    {
        var error = Assert.Throws<ArgumentException>(
            () => Rope.Apply(new float[4], 1, 4, [position], new float[10], new float[10]));
        Assert.Contains("5 rows", error.Message, StringComparison.Ordinal);
    }

    static KernelCase Apply(int tokens, int heads, int half, bool inverse)
    {
        int[] positions = [.. Enumerable.Range(0, tokens).Select(t => t * 3 % 5)];
        return new(
            $"Rope.Apply[{tokens}, {heads}, {2 * half}]",
            [KernelCase.Numbers(tokens * heads * 2 * half, 1), KernelCase.Numbers(5 * half, 2), KernelCase.Numbers(5 * half, 3)],
            b => Rope.Apply(b[0].Span, heads, 2 * half, positions, b[1].Span, b[2].Span, inverse),
            b => RopeReference.Apply<double>(b[0], heads, 2 * half, positions, b[1], b[2], inverse));
    }
}
