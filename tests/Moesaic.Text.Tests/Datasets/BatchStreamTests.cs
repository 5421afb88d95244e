using Moesaic.Text.Datasets;

namespace Moesaic.Text.Tests.Datasets;

public class BatchStreamTests
{
    static PackedDataset Blocks(int count) =>
        PackedDataset.Pack(Enumerable.Range(0, count).Select(i => new TokenizedSample([i, i, i, i, i], null)), 4);

    static int[] FirstTokens(Batch batch) => [.. Enumerable.Range(0, batch.Rows).Select(row => batch.Tokens[row * batch.Length])];

    static int[] Steps(BatchStream stream, int from, int count) =>
        [.. Enumerable.Range(from, count).SelectMany(step => FirstTokens(stream.At(step)))];

    [Fact]
    public void Every_epoch_shows_every_block_once_in_an_order_of_its_own()
    {
        var seen = Steps(new BatchStream(Blocks(10), rows: 4, seed: 5, padId: 0), 0, 5);
        Assert.Equal(Enumerable.Range(0, 10), seen[..10].Order());
        Assert.Equal(Enumerable.Range(0, 10), seen[10..].Order());
        Assert.NotEqual(seen[..10], seen[10..]);
        Assert.NotEqual(Enumerable.Range(0, 10), seen[..10]);
    }

    [Fact]
    public void A_step_is_the_same_however_it_is_reached()
    {
        var data = Blocks(17);
        var straight = new BatchStream(data, 3, 42, 0);
        var all = Enumerable.Range(0, 40).Select(step => straight.At(step)).ToList();
        foreach (var step in new[] { 39, 0, 17, 5, 6, 38 })
        {
            var resumed = new BatchStream(Blocks(17), 3, 42, 0).At(step);
            Assert.Equal(all[step].Tokens, resumed.Tokens);
            Assert.Equal(all[step].Tokens, straight.At(step).Tokens);
        }
    }

    [Fact]
    public void The_order_depends_on_the_seed_and_never_changes_between_releases()
    {
        Assert.NotEqual(Steps(new BatchStream(Blocks(20), 4, 1, 0), 0, 5), Steps(new BatchStream(Blocks(20), 4, 2, 0), 0, 5));
        Assert.Equal(Pinned, Shuffle.Order(8, 1, 0));
        Assert.Equal([0], Shuffle.Order(1, 1, 3));
    }

    static readonly int[] Pinned = [6, 1, 5, 0, 4, 7, 2, 3];

    [Fact]
    public void Orders_are_uniform()
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var epoch = 0; epoch < 6000; epoch++)
        {
            var key = string.Concat(Shuffle.Order(3, 9, epoch));
            counts[key] = counts.GetValueOrDefault(key) + 1;
        }
        Assert.Equal(6, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 850, 1150));
    }

    [Fact]
    public void Epochs_and_steps_are_converted()
    {
        var stream = new BatchStream(Blocks(10), 4, 0, 0);
        Assert.Equal(2.0, stream.EpochsAfter(5));
        Assert.Equal(5, stream.StepsFor(2));
        Assert.Equal(3, stream.StepsFor(1));
    }

    [Fact]
    public void Evaluation_sees_every_block_once_and_pads_the_last_batch()
    {
        var batches = BatchStream.Once(Blocks(5), rows: 2, padId: 77).ToList();
        Assert.Equal([0, 1, 2, 3, 4, 77], batches.SelectMany(FirstTokens));
        Assert.Equal([8, 8, 4], batches.Select(batch => batch.TargetCount));
        Assert.Equal(new Segment(4, 4, true), batches[2].Segments[^1]);
    }
}
