using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Clustering;

namespace Moesaic.Methods.Tests.Construction.Clustering;

public sealed class CapacityAssignmentTests
{
    [Theory]
    [InlineData(6, 3, 2, 2)]
    [InlineData(7, 3, 1, 3)]
    [InlineData(8, 2, 3, 5)]
    [InlineData(7, 4, 0, 2)]
    [InlineData(7, 3, 2, 7)]
    public void It_is_the_cheapest_there_is(int items, int groups, int min, int max)
    {
        var random = new Random(3);
        for (var round = 0; round < 40; round++)
        {
            // A column that is cheap for most makes the bounds bind.
            var costs = new float[items * groups];
            for (var i = 0; i < costs.Length; i++) costs[i] = (float)random.NextDouble() + (i % groups == 0 ? -0.5f : 0);
            var found = CapacityAssignment.Solve(costs, groups, min, max);
            Assert.All(Enumerable.Range(0, groups), g => Assert.InRange(found.Count(f => f == g), min, max));
            Assert.Equal(Cheapest(costs, items, groups, min, max), Cost(costs, groups, found), 5);
        }
    }

    [Fact]
    public void Large_problems_with_ties_end()
    {
        var random = new Random(4);
        var costs = Enumerable.Range(0, 3000 * 8).Select(_ => (float)random.Next(3)).ToArray();
        var found = CapacityAssignment.Solve(costs, 8, 375, 375);
        Assert.All(Enumerable.Range(0, 8), g => Assert.Equal(375, found.Count(f => f == g)));
        Assert.All(CapacityAssignment.Solve(new float[160], 4, 10, 10).CountBy(g => g), g => Assert.Equal(10, g.Value));
        Assert.Throws<ArgumentException>(() => CapacityAssignment.Solve(costs, 8, 376, 400));
    }

    static double Cost(float[] costs, int groups, int[] assigned) => assigned.Select((g, i) => (double)costs[(i * groups) + g]).Sum();

    static double Cheapest(float[] costs, int items, int groups, int min, int max)
    {
        var best = double.PositiveInfinity;
        var assigned = new int[items];
        for (var code = 0; code < Math.Pow(groups, items); code++)
        {
            for (int i = 0, rest = code; i < items; i++, rest /= groups) assigned[i] = rest % groups;
            var sizes = Enumerable.Range(0, groups).Select(g => assigned.Count(a => a == g));
            if (sizes.All(s => s >= min && s <= max)) best = Math.Min(best, Cost(costs, groups, assigned));
        }
        return best;
    }
}
