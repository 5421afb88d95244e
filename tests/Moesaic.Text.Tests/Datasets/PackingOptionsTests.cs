using Moesaic.Formats;
using Moesaic.Text.Datasets;

namespace Moesaic.Text.Tests.Datasets;

public class PackingOptionsTests
{
    static TokenizedSample Sample(int tokens, int first = 0) => new([.. Enumerable.Range(first, tokens)], null);

    static List<TokenizedSample> Samples(int seed, int count, int longest)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            int[] tokens = [.. Enumerable.Range(0, 2 + random.Next(longest)).Select(_ => random.Next(100))];
            return new TokenizedSample(tokens, random.Next(2) == 0 ? null : [.. tokens.Select((_, i) => i == 1 || random.Next(3) > 0)]);
        })];
    }

    [Theory]
    [InlineData(PackingMethod.BestFit)]
    [InlineData(PackingMethod.NextFit)]
    [InlineData(PackingMethod.Alone)]
    public void Labels_stay_with_their_own_inputs_whatever_is_dropped_before(PackingMethod method)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var samples = Samples(seed, 40, 40);
            var packed = PackedDataset.Pack(samples, 24, new PackingOptions { Method = method, LongSamples = LongSamples.Drop });
            var batch = packed.Batch([.. Enumerable.Range(0, packed.Blocks)], 0);
            var seen = new HashSet<int>();
            foreach (var (segment, source) in batch.Segments.Zip(batch.Sources))
            {
                Assert.Equal(segment.IsPadding, source < 0);
                if (source < 0) continue;
                Assert.True(seen.Add(source));
                var sample = samples[source];
                Assert.Equal(sample.Tokens[..^1], batch.Tokens[segment.Start..(segment.Start + segment.Length)]);
                Assert.Equal(sample.Tokens.Skip(1).Select((t, i) => sample.LossMask is { } mask && !mask[i + 1] ? Batch.Ignored : t),
                    batch.Targets[segment.Start..(segment.Start + segment.Length)]);
                Assert.Equal(Enumerable.Range(0, segment.Length), batch.Positions[segment.Start..(segment.Start + segment.Length)]);
            }
            Assert.Equal(samples.Count(s => s.Tokens.Length - 1 > 24), packed.Report.DroppedSamples);
            Assert.Equal(samples.Count, seen.Count + packed.Report.DroppedSamples + packed.Report.LeftOutPieces);
            Assert.Equal(0, packed.Report.CutSamples);
        }
    }

    [Fact]
    public void Next_fit_keeps_the_order_and_alone_gives_every_sample_a_block()
    {
        TokenizedSample[] samples = [Sample(4), Sample(3, 10), Sample(5, 20), Sample(2, 30)];
        var next = PackedDataset.Pack(samples, 5, new PackingOptions { Method = PackingMethod.NextFit });
        Assert.Equal([0, 1, 2, 3], next.Batch([.. Enumerable.Range(0, next.Blocks)], 0).Sources.Where(s => s >= 0));
        Assert.Equal(2, next.Blocks);
        Assert.Equal(4, PackedDataset.Pack(samples, 5, new PackingOptions { Method = PackingMethod.Alone }).Blocks);
    }

    [Fact]
    public void Best_fit_pads_least()
    {
        var samples = Samples(3, 400, 60);
        long Padding(PackingMethod method) => PackedDataset.Pack(samples, 64, new PackingOptions { Method = method }).Report.Padding;
        Assert.True(Padding(PackingMethod.BestFit) * 5 < Padding(PackingMethod.NextFit));
        Assert.True(Padding(PackingMethod.NextFit) < Padding(PackingMethod.Alone));
    }

    [Fact]
    public void What_belongs_together_shares_a_block_or_is_left_out_together()
    {
        var samples = Samples(5, 60, 12);
        samples[6] = Sample(30);                                        // does not fit with its partner
        samples[9] = new TokenizedSample([1, 2, 3], [false, false, false]);   // nothing counts
        var packed = PackedDataset.Pack(samples, 24, new PackingOptions { Together = 2 });
        for (var block = 0; block < packed.Blocks; block++)
        {
            var sources = packed.Batch([block], 0).Sources.Where(s => s >= 0).ToList();
            Assert.Equal(0, sources.Count % 2);
            for (var i = 0; i < sources.Count; i += 2) Assert.Equal((sources[i] & ~1, sources[i] + 1), (sources[i], sources[i + 1]));
        }
        var all = packed.Batch([.. Enumerable.Range(0, packed.Blocks)], 0).Sources.Where(s => s >= 0).ToHashSet();
        Assert.Equal(Enumerable.Range(0, 60).Except([6, 7, 8, 9]), all.Order());
        Assert.Equal((2, 2), (packed.Report.DroppedSamples, packed.Report.LeftOutPieces));
        Assert.Throws<ArgumentException>(() => PackedDataset.Pack(samples.Take(3), 24, new PackingOptions { Together = 2 }));
    }

    [Fact]
    public void Nothing_left_is_explained() => Assert.Contains("do not fit a block of 4", Assert.Throws<BadModelException>(() =>
        PackedDataset.Pack([Sample(9), Sample(8)], 4, new PackingOptions { LongSamples = LongSamples.Drop })).Message, StringComparison.Ordinal);
}
