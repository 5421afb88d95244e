using Moesaic.Text.Datasets;

namespace Moesaic.Text.Tests.Datasets;

public class MixedStreamTests
{
    const int Length = 4;

    /// <summary>Blocks of one domain: every token tells domain and block; a fill below the length leaves padding.</summary>
    static PackedDataset Domain(int domain, int blocks, int fill = Length) => PackedDataset.Pack(
        Enumerable.Range(0, blocks).Select(b => new TokenizedSample([.. Enumerable.Repeat((domain * 1000) + b, fill + 1)], null)),
        Length, new PackingOptions { Method = PackingMethod.Alone });

    static int[] Drawn(MixedStream stream, int from, int steps) =>
        [.. Enumerable.Range(from, steps).SelectMany(s => stream.At(s) is var batch ? Enumerable.Range(0, batch.Rows).Select(r => batch.Tokens[r * Length]) : [])];

    [Theory]
    [InlineData(0.5, 0.3, 0.2)]
    [InlineData(7, 2, 1)]
    [InlineData(1, 0, 3)]
    public void Every_domain_has_its_share_after_any_number_of_steps(double first, double second, double third)
    {
        double[] weights = [first, second, third];
        var stream = new MixedStream([Domain(0, 5), Domain(1, 50), Domain(2, 7)], 3, seed: 2, padId: 0, [new(0, weights)]);
        for (var steps = 1; steps < 60; steps++)
        {
            var drawn = stream.DrawnBefore(steps);
            Assert.Equal(3 * steps, drawn.Sum());
            for (var d = 0; d < 3; d++) Assert.InRange(drawn[d], (3 * steps * weights[d] / weights.Sum()) - 2, (3 * steps * weights[d] / weights.Sum()) + 2);
        }
    }

    [Fact]
    public void The_share_is_of_tokens_not_of_blocks()
    {
        var stream = new MixedStream([Domain(0, 5, fill: 2), Domain(1, 5)], 4, 1, 0, [new(0, [1, 1])]);
        var tokens = new long[2];
        for (var step = 0; step < 60; step++)
        {
            var batch = stream.At(step);
            foreach (var segment in batch.Segments.Where(s => !s.IsPadding)) tokens[batch.Tokens[segment.Start] / 1000] += segment.Length;
        }
        Assert.InRange(tokens[0] / (double)tokens.Sum(), 0.49, 0.51);
    }

    [Fact]
    public void A_domain_runs_through_epochs_of_its_own()
    {
        var drawn = Drawn(new MixedStream([Domain(0, 5), Domain(1, 8)], 4, 2, 0, [new(0, [1, 3])]), 0, 40);
        foreach (var (domain, blocks) in new[] { (0, 5), (1, 8) })
        {
            var own = drawn.Where(t => t / 1000 == domain).Select(t => t % 1000).ToList();
            var epochs = own.Chunk(blocks).Where(c => c.Length == blocks).ToList();
            Assert.True(epochs.Count > 5);
            Assert.All(epochs, epoch => Assert.Equal(Enumerable.Range(0, blocks), epoch.Order()));
            Assert.NotEqual(epochs[0], epochs[1]);
        }
        // The orders of two domains of one size are independent.
        var twins = Drawn(new MixedStream([Domain(0, 20), Domain(1, 20)], 4, 2, 0, [new(0, [1, 1])]), 0, 10);
        Assert.NotEqual(twins.Where(t => t < 1000), twins.Where(t => t >= 1000).Select(t => t - 1000));
    }

    [Fact]
    public void A_step_is_the_same_however_it_is_reached_and_whenever_the_weights_were_known()
    {
        DomainWeights[] weights = [new(0, [3, 1]), new(7, [1, 1]), new(20, [0.1, 5])];
        var straight = new MixedStream([Domain(0, 9), Domain(1, 11)], 3, 4, 0, weights);
        var all = Enumerable.Range(0, 40).Select(s => straight.At(s).Tokens).ToList();
        foreach (var step in new[] { 39, 0, 20, 7, 6, 38 })
        {
            Assert.Equal(all[step], straight.At(step).Tokens);
            Assert.Equal(all[step], new MixedStream([Domain(0, 9), Domain(1, 11)], 3, 4, 0, weights).At(step).Tokens);
        }
        List<DomainWeights> growing = [weights[0]];
        var live = new MixedStream([Domain(0, 9), Domain(1, 11)], 3, 4, 0, growing);
        for (var step = 0; step < 40; step++)
        {
            if (weights.FirstOrDefault(w => w.Step == step && step > 0) is { } change) growing.Add(change);
            Assert.Equal(all[step], live.At(step).Tokens);
        }
        Assert.True(Drawn(straight, 25, 15).Count(t => t >= 1000) > 40);
    }

    [Fact]
    public void Joined_rows_keep_segments_positions_and_targets()
    {
        var (one, two) = (Domain(0, 1, fill: 3).Batch([0], 9), Domain(1, 1).Batch([0], 9));
        var joined = Batch.Join([one, two]);
        Assert.Equal((2, Length), (joined.Rows, joined.Length));
        Assert.Equal([.. one.Tokens, .. two.Tokens], joined.Tokens);
        Assert.Equal([.. one.Targets, .. two.Targets], joined.Targets);
        Assert.Equal([0, 1, 2, 0, 0, 1, 2, 3], joined.Positions);
        Assert.Equal([new(0, 3), new(3, 1, true), new(4, 4)], joined.Segments);
        Assert.Equal([0, -1, 0], joined.Sources);
    }
}
