namespace Moesaic.Kernels.Tests;

public class ElementwiseTests
{
    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Every_length_agrees_with_the_definition(KernelLevel level)
    {
        foreach (int length in Enumerable.Range(0, 66).Append(50_001))
        {
            foreach (KernelCase call in All(length)) call.Check(level, 2e-7);
        }
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Threads_do_not_matter_and_nothing_is_allocated(KernelLevel level)
    {
        foreach (KernelCase call in All(100_003))
        {
            call.CheckThreads(level);
            call.CheckAllocation(level);
        }
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void The_first_value_that_is_not_finite_is_found(KernelLevel level) => Levels.At(level, () =>
    {
        foreach (int length in new[] { 0, 1, 7, 8, 9, 33, 40_000 })
        {
            float[] numbers = KernelCase.Numbers(length, 1);
            Assert.Equal(-1, Elementwise.FirstNonFinite(numbers));
            foreach (int place in new[] { length - 1, length * 2 / 3, length / 2, 0 }.Where(place => place >= 0 && place < length))
            {
                numbers[place] = place % 2 == 0 ? float.NaN : float.NegativeInfinity;
                Assert.Equal(place, Elementwise.FirstNonFinite(numbers));
            }
        }
    });

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Squares_of_large_values_do_not_overflow(KernelLevel level) => Levels.At(level, () =>
        Assert.Equal(4e60, Elementwise.SumOfSquares([1e30f, 1e30f, 1e30f, 1e30f, 0, 0, 0, 0, 0]), 1e54));

    static IEnumerable<KernelCase> All(int length)
    {
        float[] x = KernelCase.Numbers(length, 1), y = KernelCase.Numbers(length, 2);
        yield return new(
            $"Add[{length}]", [x, y], b => Elementwise.Add(b[0].Span, b[1].Span),
            b => b[0] = [.. b[0].Zip(b[1], (a, c) => a + c)]);
        yield return new(
            $"AddScaled[{length}]", [x, y], b => Elementwise.AddScaled(b[0].Span, b[1].Span, -0.75f),
            b => b[0] = [.. b[0].Zip(b[1], (a, c) => a - 0.75 * c)]);
        yield return new(
            $"Scale[{length}]", [x], b => Elementwise.Scale(b[0].Span, 0.3f), b => b[0] = [.. b[0].Select(a => a * 0.3f)]);
        yield return new(
            $"SumOfSquares[{length}]", [x, [0]], b => b[1].Span[0] = (float)Elementwise.SumOfSquares(b[0].Span),
            b => b[1][0] = b[0].Sum(a => a * a));
    }
}
