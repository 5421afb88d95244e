using Moesaic.Formats;
using Moesaic.Text.Datasets;

namespace Moesaic.Text.Tests.Datasets;

public class PackedDatasetTests
{
    static TokenizedSample Sample(params int[] tokens) => new(tokens, null);

    /// <summary>Samples whose (previous token, token) pairs all differ, so that every pair can be traced.</summary>
    static List<TokenizedSample> Samples(int seed, int count, int longest)
    {
        var random = new Random(seed);
        var next = 100;
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var tokens = Enumerable.Range(0, random.Next(longest + 1)).Select(_ => next++).ToArray();
            return new TokenizedSample(tokens, random.Next(2) == 0 ? null : [.. tokens.Select(_ => random.Next(3) > 0)]);
        })];
    }

    [Fact]
    public void A_segment_has_the_task_of_its_sample_and_padding_has_none()
    {
        var batch = PackedDataset.Pack([Sample(1, 2, 3, 4) with { Task = 2 }, Sample(5, 6, 7)], 6).Batch([0], padId: 9);
        Assert.Equal([2, -1, -1], batch.Segments.Select(s => s.Task));
    }

    [Fact]
    public void A_block_holds_samples_targets_positions_and_padding_where_they_belong()
    {
        var packed = PackedDataset.Pack([Sample(1, 2, 3, 4), new([5, 6, 7], [false, false, true])], 6);
        var batch = packed.Batch([0], padId: 9);
        Assert.Equal([1, 2, 3, 5, 6, 9], batch.Tokens);
        Assert.Equal([2, 3, 4, -1, 7, -1], batch.Targets);
        Assert.Equal([0, 1, 2, 0, 1, 0], batch.Positions);
        Assert.Equal([new(0, 3), new(3, 2), new(5, 1, true)], batch.Segments);
        Assert.Equal(4, batch.TargetCount);
        Assert.Equal(new PackingReport(2, 1, 5, 4, 1, 0, 2, 0), packed.Report);
    }

    [Fact]
    public void A_long_sample_is_cut_without_losing_a_target()
    {
        var packed = PackedDataset.Pack([Sample([.. Enumerable.Range(0, 9)])], 3);
        Assert.Equal((1, 3, 3), (packed.Report.CutSamples, packed.Report.Pieces, packed.Blocks));
        var batch = packed.Batch([0, 1, 2], 99);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 99], batch.Tokens);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, -1], batch.Targets);
        Assert.Equal([0, 1, 2, 0, 1, 2, 0, 1, 0], batch.Positions);
        Assert.Equal([new(0, 3), new(3, 3), new(6, 2), new(8, 1, true)], batch.Segments);
    }

    [Fact]
    public void Every_counted_prediction_appears_exactly_once_and_the_report_adds_up()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            int length = 1 + seed % 70;
            var samples = Samples(seed, 50, 3 * length);
            var packed = PackedDataset.Pack(samples, length);
            var batch = packed.Batch([.. Enumerable.Range(0, packed.Blocks)], 0);

            var expected = samples.SelectMany(s => Enumerable.Range(1, Math.Max(0, s.Tokens.Length - 1))
                .Where(i => s.LossMask?[i] ?? true).Select(i => (s.Tokens[i - 1], s.Tokens[i]))).Order();
            var actual = batch.Tokens.Zip(batch.Targets).Where(pair => pair.Second >= 0).Order();
            Assert.Equal(expected, actual);

            Assert.Equal(batch.TargetCount, packed.Report.Targets);
            Assert.Equal(batch.Tokens.Length, packed.Report.Tokens + packed.Report.Padding);
            Assert.Equal(packed.Report.Padding, batch.Segments.Where(s => s.IsPadding).Sum(s => (long)s.Length));
            Assert.Equal(packed.Report.Pieces, batch.Segments.Count(s => !s.IsPadding));
        }
    }

    [Fact]
    public void Segments_tile_the_rows_and_targets_stay_within_their_segment()
    {
        var packed = PackedDataset.Pack(Samples(7, 200, 40), 64);
        var batch = packed.Batch([.. Enumerable.Range(0, packed.Blocks)], 0);
        var at = 0;
        foreach (var segment in batch.Segments)
        {
            Assert.Equal(at, segment.Start);
            Assert.Equal(segment.Start / 64, (segment.Start + segment.Length - 1) / 64);
            for (var i = 0; i < segment.Length; i++, at++)
            {
                Assert.Equal(i, batch.Positions[at]);
                if (segment.IsPadding) Assert.Equal((0, Batch.Ignored), (batch.Tokens[at], batch.Targets[at]));
                else if (i + 1 < segment.Length && batch.Targets[at] >= 0) Assert.Equal(batch.Tokens[at + 1], batch.Targets[at]);
            }
        }
        Assert.Equal(batch.Tokens.Length, at);
    }

    [Fact]
    public void Pieces_with_nothing_to_learn_are_counted_and_left_out()
    {
        var packed = PackedDataset.Pack([Sample(1), Sample(), new([1, 2, 3], [true, false, false]), Sample(4, 5)], 2);
        Assert.Equal((4, 1, 3), (packed.Report.Samples, packed.Report.Pieces, packed.Report.LeftOutPieces));
        Assert.Throws<BadModelException>(() => PackedDataset.Pack([Sample(1)], 8));
        Assert.Throws<BadModelException>(() => PackedDataset.Pack([], 8));
    }

    [Fact]
    public void Best_fit_fills_the_tightest_block_and_wastes_little()
    {
        List<int> lengths = [6, 4, 3, 3, 2, 2];
        Assert.Equal([[0, 1], [2, 3, 4, 5]], BestFit.Place(lengths, 10));

        var random = new Random(3);
        var many = Enumerable.Range(0, 5000).Select(_ => 1 + random.Next(300)).ToList();
        var blocks = BestFit.Place(many, 1024);
        Assert.Equal(Enumerable.Range(0, many.Count), blocks.SelectMany(b => b).Order());
        Assert.All(blocks, block => Assert.True(block.Sum(i => many[i]) <= 1024));
        Assert.Equal((many.Sum() + 1023) / 1024, blocks.Count);
    }
}
