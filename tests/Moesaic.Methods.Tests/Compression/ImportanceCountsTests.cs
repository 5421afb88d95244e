using Moesaic.Formats;
using Moesaic.Methods.Compression.Allocation;

namespace Moesaic.Methods.Tests.Compression;

public sealed class ImportanceCountsTests
{
    [Fact]
    public void Removals_are_inverse_to_importance()
    {
        var counts = ImportanceCounts.Share([new(16, 2, 1, 1), new(16, 2, 1, 2), new(16, 2, 1, 4)], 14);
        Assert.Equal([8, 4, 2], counts);
    }

    [Fact]
    public void A_layer_keeps_what_it_must_and_others_take_over()
    {
        var counts = ImportanceCounts.Share([new(8, 2, 1, 0), new(8, 2, 1, 1), new(8, 2, 1, 1)], 12);
        Assert.Equal([6, 3, 3], counts);
        Assert.Equal([2, 2], ImportanceCounts.Share([new(4, 2, 1, 0), new(4, 2, 1, 0)], 4));
    }

    [Fact]
    public void Sums_are_met_and_floors_hold_for_any_numbers()
    {
        var random = new Random(3);
        for (var i = 0; i < 300; i++)
        {
            var step = random.Next(1, 4);
            LayerShare[] layers = [.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => new LayerShare(step * random.Next(2, 20), step, step, random.NextDouble() * random.Next(100)))];
            var removed = step * random.Next(layers.Sum(l => (l.Experts - l.Least) / step) + 1);
            var counts = ImportanceCounts.Share(layers, removed);
            Assert.Equal(removed, counts.Sum());
            Assert.All(counts.Zip(layers), c => Assert.True(c.First >= 0 && c.First % step == 0 && c.Second.Experts - c.First >= c.Second.Least));
        }
    }

    [Fact]
    public void More_than_can_go_is_refused() =>
        Assert.Throws<BadRequestException>(() => ImportanceCounts.Share([new(4, 2, 1, 1)], 3));
}
