using Moesaic.Kernels;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Divisions;
using Moesaic.Methods.Construction.Importance;
using Moesaic.Tensors;

namespace Moesaic.Methods.Tests.Construction.Importance;

public sealed class LayerImportanceTests
{
    static readonly float[] H = [1, -2, 3, 4, -5, 6], Dh = [2, 1, -1, -1, 2, 0.5f];

    static LayerImportance Measured(ImportanceOptions options)
    {
        var layer = new LayerImportance(2, 2, options);
        using Tensor h = new(3, 2, H), dh = new(3, 2, Dh);
        layer.Add(h, dh, [1, 1, 0], []);
        return layer;
    }

    [Theory]
    [InlineData(ImportanceFeature.Change, ImportanceSum.Sample, ActivationKernel.L1, 2.5, 3)]        // (|2| + |-3|) / 2, (|-2| + |-4|) / 2
    [InlineData(ImportanceFeature.Change, ImportanceSum.Sample, ActivationKernel.L2, 6.5, 10)]
    [InlineData(ImportanceFeature.Change, ImportanceSum.Sample, ActivationKernel.Plain, -0.5, -3)]
    [InlineData(ImportanceFeature.Change, ImportanceSum.Total, ActivationKernel.L1, 0.5, 3)]
    [InlineData(ImportanceFeature.Change, ImportanceSum.Total, ActivationKernel.L2, 0.5, 18)]
    [InlineData(ImportanceFeature.Change, ImportanceSum.Total, ActivationKernel.Plain, -0.5, -3)]
    [InlineData(ImportanceFeature.Gradient, ImportanceSum.Sample, ActivationKernel.L1, 1.5, 1)]
    [InlineData(ImportanceFeature.Gradient, ImportanceSum.Total, ActivationKernel.L1, 0.5, 0)]
    public void Every_published_variant_is_what_it_says(ImportanceFeature feature, ImportanceSum sum, ActivationKernel kernel, double first, double second)
    {
        var layer = Measured(new ImportanceOptions { Feature = feature, Accumulate = sum, Kernel = kernel });
        Assert.Equal([first, second], layer.Mean[1]);
        Assert.Equal([1L, 2L], layer.Tokens);
    }

    [Fact]
    public void The_least_important_go_first_when_asked()
    {
        var max = Measured(new ImportanceOptions()).Scores;
        var min = Measured(new ImportanceOptions { Criterion = ImportanceCriterion.Min }).Scores;
        Assert.Equal(max.Select(row => row.Select(s => -s).ToArray()), min);
        Assert.Equal(1, max[0].Average(), 1e-12);
        Assert.Equal(Measured(new ImportanceOptions()).Mean, Measured(new ImportanceOptions { Normalise = false }).Scores);
    }

    [Fact]
    public void Threads_and_padding_change_nothing()
    {
        var random = new Random(1);
        float[] Draw() => [.. Enumerable.Range(0, 9 * 1300).Select(_ => (float)random.NextDouble() - 0.5f)];
        using Tensor h = new(9, 1300, Draw()), dh = new(9, 1300, Draw());
        int[] labels = [0, 1, 0, 1, 1, 0, 1, 0, 0];
        bool[] counted = [true, true, true, true, false, true, true, true, false];
        var before = WorkerTeam.Threads;
        try
        {
            var results = new[] { 1, 3 }.Select(threads =>
            {
                WorkerTeam.Threads = threads;
                var layer = new LayerImportance(2, 1300);
                layer.Add(h, dh, labels, counted);
                return layer;
            }).ToArray();
            Assert.Equal(results[0].Sums, results[1].Sums);
            Assert.Equal([4L, 3L], results[0].Tokens);
            var expected = Enumerable.Range(0, 9).Where(t => counted[t] && labels[t] == 0).Sum(t => Math.Abs((double)h.Row(t)[1299] * dh.Row(t)[1299]));
            Assert.Equal(expected / 4, results[0].Mean[0][1299], 1e-12);
        }
        finally
        {
            WorkerTeam.Threads = before;
        }
    }
}
