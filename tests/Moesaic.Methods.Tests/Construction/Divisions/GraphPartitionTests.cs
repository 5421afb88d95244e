using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Divisions;

namespace Moesaic.Methods.Tests.Construction.Divisions;

public sealed class GraphPartitionTests
{
    /// <summary>A random graph in which neurons of one block are tied more strongly; block of neuron j is order[j] % blocks.</summary>
    static NeuronGraph Planted(int count, int blocks, double inside, double outside, int seed, out int[] block)
    {
        var random = new Random(seed);
        int[] owner = [.. Enumerable.Range(0, count).Select(j => j % blocks)];
        random.Shuffle(owner);
        var weights = new float[count, count];
        for (var i = 0; i < count; i++)
            for (var j = 0; j < i; j++)
                weights[i, j] = weights[j, i] = random.NextDouble() < (owner[i] == owner[j] ? inside : outside) ? 0.5f + (float)random.NextDouble() : 0;
        block = owner;
        return NeuronGraph.Strongest(count, count, (j, row) =>
        {
            for (var i = 0; i < count; i++) row[i] = weights[j, i];
        });
    }

    [Theory]
    [InlineData(48, 4)]
    [InlineData(60, 5)]
    [InlineData(64, 2)]
    public void Blocks_without_ties_between_them_are_found_exactly(int count, int blocks)
    {
        for (var seed = 0; seed < 10; seed++)
        {
            var graph = Planted(count, blocks, 0.6, 0, seed, out var block);
            var labels = GraphPartition.Divide(graph, blocks);
            Assert.Equal(0, graph.Cut(labels));
            Assert.Equal(blocks, labels.Zip(block).Distinct().Count());
        }
    }

    [Fact]
    public void Blocks_in_noise_are_found()
    {
        for (var seed = 0; seed < 5; seed++)
        {
            var graph = Planted(120, 4, 0.6, 0.15, seed, out var block);
            Assert.InRange(graph.Cut(GraphPartition.Divide(graph, 4)), 0, graph.Cut(block) + 1e-3);
        }
    }

    [Theory]
    [InlineData(40, 4)]
    [InlineData(41, 5)]
    [InlineData(30, 1)]
    [InlineData(7, 7)]
    public void Refinement_never_cuts_more_and_keeps_sizes(int count, int parts)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var graph = Planted(count, parts, 0.3, 0.3, seed, out var labels);
            var (before, sizes) = (graph.Cut(labels), labels.CountBy(l => l).ToDictionary());
            GraphPartition.Refine(graph, labels, parts);
            Assert.InRange(graph.Cut(labels), 0, before + 1e-4);
            Assert.Equal(sizes.OrderBy(p => p.Key), labels.CountBy(l => l).OrderBy(p => p.Key));
        }
    }

    [Fact]
    public void Refinement_reaches_the_best_cut_of_a_small_graph()
    {
        var reached = 0;
        for (var seed = 0; seed < 20; seed++)
        {
            var graph = Planted(10, 2, 0.7, 0.4, seed, out _);
            var best = Enumerable.Range(0, 1 << 10).Where(m => int.PopCount(m) == 5)
                .Min(m => graph.Cut([.. Enumerable.Range(0, 10).Select(j => m >> j & 1)]));
            var found = graph.Cut(GraphPartition.Divide(graph, 2));
            Assert.True(found >= best - 1e-4);
            if (found <= best + 1e-4) reached++;
        }
        Assert.InRange(reached, 17, 20);
    }

    [Fact]
    public void Sizes_differ_by_one_at_most_even_without_edges()
    {
        var graph = NeuronGraph.Strongest(11, 3, (_, row) => Array.Clear(row));
        var labels = GraphPartition.Divide(graph, 4);
        Assert.All(labels.CountBy(l => l), c => Assert.InRange(c.Value, 2, 3));
        Assert.Equal(labels, GraphPartition.Divide(graph, 4));
    }

    [Fact]
    public void An_edge_stays_when_either_end_wants_it()
    {
        // Neuron 0 is everybody's best friend and can name only one of them.
        float[][] weights = [[0, 3, 2, 1], [3, 0, 0, 0], [2, 0, 0, 0], [1, 0, 0, 0]];
        var graph = NeuronGraph.Strongest(4, 1, (j, row) => weights[j].CopyTo(row, 0));
        Assert.Equal([0, 3, 4, 5, 6], graph.Starts);
        Assert.Equal([1, 2, 3, 0, 0, 0], graph.Neighbours);
        Assert.Equal([3, 2, 1, 3, 2, 1], graph.Weights);
    }
}
