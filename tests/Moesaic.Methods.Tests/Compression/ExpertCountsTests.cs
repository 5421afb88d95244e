using Moesaic.Formats;
using Moesaic.Methods.Compression;
using Moesaic.Methods.Compression.Allocation;
using Moesaic.Methods.Compression.Plans;
using Moesaic.Models;

namespace Moesaic.Methods.Tests.Compression;

public sealed class ExpertCountsTests
{
    static LayerRanking Layer(int number, double[] scores, int floor = 1, int groups = 1, int[]? guarded = null, int? ceiling = null) => new()
    {
        Layer = number, Scores = scores, Ranking = LayerRanking.Rank(scores, e => guarded?.Contains(e) is true), Floor = floor, Groups = groups,
        Protected = guarded ?? [], Ceiling = ceiling,
    };

    static double[] Draw(int seed, int experts)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, experts).Select(_ => Math.Round(random.NextDouble(), 3))];
    }

    /// <summary>The ratio is the part that goes, not the part that stays (trap: inverted allocation), rounded down.</summary>
    [Theory]
    [InlineData(16, 0.25, 4)]
    [InlineData(16, 0, 0)]
    [InlineData(8, 0.99, 7)]
    [InlineData(100, 0.29, 29)]
    [InlineData(10, 0.3, 3)]
    [InlineData(60, 0.5, 30)]
    public void A_ratio_is_the_part_that_goes(int experts, double ratio, int gone)
    {
        Assert.Equal(gone, ExpertCounts.Removed(experts, ratio));
        Assert.Equal([experts - gone], ExpertCounts.PerLayer([Layer(0, new double[experts])], ratio));
    }

    [Fact]
    public void Ratios_that_leave_too_few_are_refused_with_the_largest_that_does_not()
    {
        LayerRanking[] layers = [Layer(3, Draw(1, 16), floor: 4)];
        Assert.Equal([4], ExpertCounts.PerLayer(layers, 0.75));
        Assert.Contains("Layer 3 would keep 3 of 16 experts, and its router needs 4. Take a ratio of at most 0.75",
            Assert.Throws<BadRequestException>(() => ExpertCounts.PerLayer(layers, 0.8125)).Message, StringComparison.Ordinal);
        Assert.Contains("the part of the experts that goes", Assert.Throws<BadRequestException>(() => ExpertCounts.PerLayer(layers, 1.5)).Message, StringComparison.Ordinal);
        Assert.Contains("cannot keep 17", Assert.Throws<BadRequestException>(() => ExpertCounts.Keeping(layers, 17)).Message, StringComparison.Ordinal);
        Assert.Contains("multiple of 4", Assert.Throws<BadRequestException>(() => ExpertCounts.Keeping([Layer(0, Draw(1, 16), groups: 4)], 6)).Message, StringComparison.Ordinal);
        Assert.Contains("more are protected", Assert.Throws<BadRequestException>(() =>
            ExpertCounts.PerLayer([Layer(0, Draw(1, 8), guarded: [0, 1, 2])], 0.75)).Message, StringComparison.Ordinal);
    }

    /// <summary>Against trying all ways of taking experts off the ends of the rankings.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Over_all_layers_the_sum_of_what_stays_is_the_largest_that_floors_allow(int seed)
    {
        LayerRanking[] layers = [Layer(0, Draw(seed, 6), floor: 2), Layer(1, Draw(seed + 50, 5), floor: 2), Layer(2, Draw(seed + 99, 4), floor: 3)];
        for (var removed = 0; removed <= 8; removed++)
        {
            var counts = ExpertCounts.Global(layers, removed);
            Assert.Equal(15 - removed, counts.Sum());
            var best = (from a in Enumerable.Range(2, 5) from b in Enumerable.Range(2, 4) from c in Enumerable.Range(3, 2)
                where a + b + c == 15 - removed select Worth(layers, [a, b, c])).Max();
            Assert.Equal(best, Worth(layers, counts), 1e-9);
        }
        Assert.Contains("need all but 8 of 15", Assert.Throws<BadRequestException>(() => ExpertCounts.Global(layers, 9)).Message, StringComparison.Ordinal);

        static double Worth(LayerRanking[] layers, int[] counts) => layers.Zip(counts).Sum(p => p.First.Best(p.Second).Sum(e => p.First.Scores[e]));
    }

    [Fact]
    public void Over_all_layers_protection_ceilings_and_groups_hold()
    {
        LayerRanking[] layers = [Layer(0, [0.1, 0.2, 0.3, 0.4], guarded: [0, 1, 2]), Layer(1, [5, 6, 7, 8], ceiling: 3)];
        Assert.Equal([3, 3], ExpertCounts.Global(layers, 2));
        Assert.Equal([3, 2], ExpertCounts.Global(layers, 3));
        Assert.Contains("ceiling alone", Assert.Throws<BadRequestException>(() => ExpertCounts.Global(layers, 0)).Message, StringComparison.Ordinal);

        // Groups lose together: a pair of experts at a time.
        LayerRanking[] grouped = [Layer(0, [9, 1, 2, 3, 8, 1, 7, 6], floor: 4, groups: 2), Layer(1, [4, 5])];
        var counts = ExpertCounts.Global(grouped, 3);
        Assert.Equal([6, 1], counts);
        Assert.Equal([0, 2, 3, 4, 6, 7], grouped[0].Best(6));
        Assert.Equal([0, 3, 4, 6], grouped[0].Best(4));
    }

    [Fact]
    public void A_router_needs_k_experts_and_groups_that_can_serve()
    {
        Assert.Equal(2, ExpertFloors.Of(new RouterSpec { Experts = 8, Chosen = 2 }, preserveRows: false));
        Assert.Equal(1, ExpertFloors.Of(new RouterSpec { Experts = 8, Chosen = 2 }, preserveRows: true));
        var grouped = new RouterSpec { Experts = 32, Chosen = 6, Groups = new ExpertGroups(8, 3, GroupScore.Best) };
        Assert.Equal(16, ExpertFloors.Of(grouped, preserveRows: false));      // 2 of each: 3 groups then hold 6
        Assert.Equal(16, ExpertFloors.Of(grouped with { Chosen = 3, Groups = new ExpertGroups(8, 3, GroupScore.SumOfBestTwo) }, preserveRows: false));
        Assert.Equal(8, ExpertFloors.Groups(grouped, preserveRows: false));
        Assert.Equal(1, ExpertFloors.Groups(grouped, preserveRows: true));
    }

    [Fact]
    public void Rankings_put_the_protected_first_and_ties_by_number()
    {
        Assert.Equal([4, 3, 1, 2, 0], LayerRanking.Rank([1, 5, 5, 9, 0], first: e => e == 4, last: e => e == 0));
        Assert.Equal([3, 1, 2, 0, 4], LayerRanking.Rank([1, 5, 5, 9, 0]));
        var target = new PruneTarget { Ratio = 0.5, Least = 5 };
        var layer = target.Rank(0, new RouterSpec { Experts = 8, Chosen = 2, Groups = new ExpertGroups(2, 1, GroupScore.Best) }, new double[8], [.. Enumerable.Range(0, 8)], []);
        Assert.Equal((2, 6), (layer.Groups, layer.Floor));
    }
}
