using Moesaic.Kernels;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Divisions;
using Moesaic.Tensors;

namespace Moesaic.Methods.Tests.Construction.Divisions;

public sealed class CoActivationTests
{
    static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];
    }

    [Theory]
    [InlineData(ActivationKernel.L1)]
    [InlineData(ActivationKernel.L2)]
    [InlineData(ActivationKernel.Plain)]
    public void Sums_are_those_of_the_plain_loop(ActivationKernel kernel)
    {
        const int Width = 1100, Tokens = 7;     // more than one panel
        using var sums = new CoActivation(Width, kernel);
        var h = Values(2 * Tokens * Width, 4);
        bool[] counted = [true, true, false, true, true, true, false];
        for (var block = 0; block < 2; block++)
        {
            using var neurons = new Tensor(Tokens, Width, h.AsSpan(block * Tokens * Width, Tokens * Width));
            sums.Add(neurons, counted);
        }
        foreach (var (i, j) in new[] { (0, 0), (3, 1099), (1099, 3), (1025, 1030), (700, 20), (1099, 1099) })
        {
            var expected = Enumerable.Range(0, 2 * Tokens).Where(t => counted[t % Tokens])
                .Sum(t => M(h[(t * Width) + i]) * M(h[(t * Width) + j]));
            Assert.Equal(expected, sums[i, j], 1e-5);
        }

        double M(double v) => kernel switch { ActivationKernel.L1 => Math.Abs(v), ActivationKernel.L2 => v * v, _ => v };
    }

    /// <summary>Groups that are active for different tokens, whatever their loudness: the partition is the groups.</summary>
    [Fact]
    public void Neurons_that_fire_together_share_an_expert()
    {
        const int Width = 40, Tokens = 200;
        var random = new Random(5);
        using var neurons = new Tensor(Tokens, Width);
        for (var t = 0; t < Tokens; t++)
            for (var j = 0; j < Width; j++)
                neurons.Row(t)[j] = (float)((j % 4 == t % 4 ? 1 : 0.05) * (random.NextDouble() - 0.5) * (1 + (j * j)));
        using var sums = new CoActivation(Width, ActivationKernel.L1);
        sums.Add(neurons, []);
        var labels = GraphPartition.Divide(sums.Graph(8), 4);
        Assert.Equal(4, labels.Select((l, j) => (l, j % 4)).Distinct().Count());
    }

    /// <summary>What counts for a shared expert is what reaches the residual stream; the graph of the others has them as its nodes.</summary>
    [Fact]
    public void The_loudest_neurons_are_those_that_add_most()
    {
        using Tensor neurons = new(2, 4, [1, 3, 0, -2, 1, 3, 1, 2]), down = new(1, 4, [10, 1, 9, -4]);
        using var sums = new CoActivation(4, ActivationKernel.L1);
        sums.Add(neurons, []);
        // |h| over the tokens √2, √18, 1, √8; times |down| 14.1, 4.2, 9, 11.3.
        Assert.Equal([0, 3, 2], sums.Loudest(down, 3));
        var rest = sums.Graph(8, [1, 2]);
        Assert.Equal(2, rest.Count);
        Assert.Equal([1, 0], rest.Neighbours);
        Assert.All(rest.Weights, w => Assert.Equal(3 / Math.Sqrt(18), w, 1e-6));
    }

    [Fact]
    public void Neither_threads_nor_a_silent_neuron_matter()
    {
        var before = WorkerTeam.Threads;
        try
        {
            var graphs = new[] { 1, 3 }.Select(threads =>
            {
                WorkerTeam.Threads = threads;
                var h = Values(30 * 50, 6);
                for (var t = 0; t < 30; t++) h[(t * 50) + 7] = 0;
                using var neurons = new Tensor(30, 50, h);
                using var sums = new CoActivation(50, ActivationKernel.L2);
                sums.Add(neurons, []);
                return sums.Graph(5);
            }).ToArray();
            Assert.Equal(graphs[0].Neighbours, graphs[1].Neighbours);
            Assert.Equal(graphs[0].Weights, graphs[1].Weights);
            Assert.Equal(graphs[0].Starts[7], graphs[0].Starts[8]);
            Assert.All(GraphPartition.Divide(graphs[0], 5).CountBy(l => l), c => Assert.Equal(10, c.Value));
        }
        finally
        {
            WorkerTeam.Threads = before;
        }
    }
}
