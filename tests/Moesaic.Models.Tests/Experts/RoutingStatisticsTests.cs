using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests.Experts;

public class RoutingStatisticsTests
{
    static readonly RouterSpec Spec = new() { Experts = 70, Chosen = 2 };

    static Routing Decisions(params int[] chosen)
    {
        var tokens = chosen.Length / 2;
        return new Routing(chosen, new Tensor(tokens, 2), new Tensor(tokens, 70), new Tensor(1, tokens));
    }

    static RoutingStatistics Statistics(bool[]? counted, params int[] chosen)
    {
        var statistics = new RoutingStatistics(70) { Choices = new RoutingChoices(70) };
        statistics.Add(Decisions(chosen), Spec, counted);
        return statistics;
    }

    [Fact]
    public void Variation_is_zero_when_balanced_and_largest_at_collapse()
    {
        Assert.Equal(0, Statistics(null, [.. Enumerable.Range(0, 70)]).LoadVariation, 6);
        Assert.Equal(Math.Sqrt(69), Statistics(null, 3, -1, 3, -1).LoadVariation, 6);
        // Half of the experts idle: the deviation is the mean.
        Assert.Equal(1, Statistics(null, [.. Enumerable.Range(0, 35), 0]).LoadVariation, 0.05);
    }

    [Fact]
    public void Choices_are_compared_token_by_token()
    {
        var earlier = Statistics([true, false, true], 1, 69, 5, 6, 2, -1).Choices!;
        var final = Statistics([true, false, true], 69, 1, 5, 7, 3, 2).Choices!;
        Assert.Equal(2, final.Tokens);
        Assert.Equal(0.75, earlier.ShareOf(final));
        Assert.Equal(1, final.ShareOf(earlier));
        Assert.Equal(0.75, final.Same(earlier.Bytes).ShareOf(final));
        Assert.Throws<ArgumentException>(() => final.Same(earlier.Bytes[8..]));
        Assert.Throws<ArgumentException>(() => final.ShareOf(new RoutingChoices(70)));
    }

    [Fact]
    public void Passes_add_up()
    {
        var sum = Statistics(null, 1, 2, 3, -1);
        sum.Add(Statistics(null, 1, 5));
        Assert.Equal((3, 4, 65 + 1), ((int)sum.Tokens, sum.Slots.ToArray().Count(s => s > 0), sum.Dead));
        Assert.Equal(5.0 / 3, sum.PerToken);
        Assert.Equal(2, sum.Slots[1]);
    }

    [Fact]
    public void An_observer_sees_every_pass_once()
    {
        var observer = new Rows();
        var statistics = new RoutingStatistics(70) { Observer = observer };
        statistics.Add(Decisions(1, 2, 3, 4), Spec, [true, false]);
        statistics.Add(Decisions(5, 6), Spec, []);
        Assert.Equal([2, 1], observer.Seen);
        Assert.Equal(2, statistics.Tokens);
    }

    sealed class Rows : IRoutingObserver
    {
        public List<int> Seen { get; } = [];

        public void Observe(in Routing routing) => Seen.Add(routing.Weights.Rows);
    }
}
