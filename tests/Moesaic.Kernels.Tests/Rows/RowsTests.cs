namespace Moesaic.Kernels.Tests;

public class RowsTests
{
    const double Tolerance = 5e-7;

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Every_width_agrees_with_the_reference(KernelLevel level)
    {
        for (int width = 1; width <= 65; width++)
        {
            foreach (KernelCase call in All(rows: 5, tokens: 4, chosen: 2, width)) call.Check(level, Tolerance);
        }

        foreach (KernelCase call in All(rows: 300, tokens: 500, chosen: 3, width: 100)) call.Check(level, Tolerance);
        foreach (KernelCase call in All(rows: 3, tokens: 0, chosen: 2, width: 8)) call.Check(level, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Threads_do_not_matter_and_nothing_is_allocated(KernelLevel level)
    {
        foreach (KernelCase call in All(rows: 300, tokens: 700, chosen: 3, width: 200))
        {
            call.CheckThreads(level);
            call.CheckAllocation(level);
        }
    }

    [Fact]
    public void The_gradient_is_that_of_the_forward()
    {
        const int rows = 3, width = 4, chosen = 2;
        int[] slots = [2, 0, -1, 2, 1, -1];
        double[] outputs = FiniteDifferences.Numbers(rows * width, 1), weights = FiniteDifferences.Numbers(slots.Length, 2);
        double[] dy = FiniteDifferences.Numbers(3 * width, 3), dOutputs = new double[rows * width], dWeights = new double[slots.Length];
        RowsReference.CombineBackward<double>(outputs, slots, weights, chosen, width, dy, dOutputs, dWeights);
        double Loss()
        {
            var y = new double[3 * width];
            RowsReference.Combine<double>(outputs, slots, weights, chosen, width, y);
            return FiniteDifferences.Weigh(y, dy);
        }

        FiniteDifferences.Check("dOutputs", outputs, dOutputs, Loss);
        FiniteDifferences.Check("dWeights", weights, dWeights, Loss);
    }

    [Fact]
    public void An_index_outside_is_refused_by_name_and_place()
    {
        var error = Assert.Throws<ArgumentException>(() => Rows.Gather(new float[4], [0, 2], 2, new float[4]));
        Assert.Contains("index[1] is 2", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Rows.ScatterAdd(new float[2], [-1], 2, new float[4]));
        Assert.Throws<ArgumentException>(() => Rows.Combine(new float[4], [-2], new float[1], 1, 2, new float[2]));
    }

    /// <summary>All four calls, with repeated rows, rows left out and empty slots.</summary>
    static IEnumerable<KernelCase> All(int rows, int tokens, int chosen, int width)
    {
        var random = new Random(7);
        int[] index = [.. Enumerable.Range(0, tokens).Select(_ => random.Next(rows))];
        int[] slots = [.. Enumerable.Range(0, tokens * chosen).Select(_ => random.Next(-1, rows))];
        float[] outputs = KernelCase.Numbers(rows * width, 1), perToken = KernelCase.Numbers(tokens * width, 2);
        float[] weights = KernelCase.Numbers(slots.Length, 3);
        yield return new(
            $"Rows.Gather[{tokens}, {width}]", [outputs, perToken],
            b => Rows.Gather(b[0].Span, index, width, b[1].Span),
            b => RowsReference.Gather<double>(b[0], index, width, b[1]));
        yield return new(
            $"Rows.ScatterAdd[{tokens}, {width}]", [perToken, outputs],
            b => Rows.ScatterAdd(b[0].Span, index, width, b[1].Span),
            b => RowsReference.ScatterAdd<double>(b[0], index, width, b[1]));
        yield return new(
            $"Rows.Combine[{tokens}, {width}]", [outputs, weights, perToken],
            b => Rows.Combine(b[0].Span, slots, b[1].Span, chosen, width, b[2].Span),
            b => RowsReference.Combine<double>(b[0], slots, b[1], chosen, width, b[2]));
        yield return new(
            $"Rows.CombineBackward[{tokens}, {width}]",
            [outputs, weights, perToken, KernelCase.Numbers(rows * width, 4), KernelCase.Numbers(slots.Length, 5)],
            b => Rows.CombineBackward(b[0].Span, slots, b[1].Span, chosen, width, b[2].Span, b[3].Span, b[4].Span),
            b => RowsReference.CombineBackward<double>(b[0], slots, b[1], chosen, width, b[2], b[3], b[4]));
        // The contents of what is fresh must not count.
        yield return new(
            $"Rows.CombineBackward[{tokens}, {width}], fresh",
            [outputs, weights, perToken, KernelCase.Numbers(rows * width, 4), KernelCase.Numbers(slots.Length, 5)],
            b => Rows.CombineBackward(b[0].Span, slots, b[1].Span, chosen, width, b[2].Span, b[3].Span, b[4].Span, fresh: true),
            b =>
            {
                b[3].AsSpan().Clear();
                RowsReference.CombineBackward<double>(b[0], slots, b[1], chosen, width, b[2], b[3], b[4]);
            });
    }
}
