using Moesaic.Models.Experts;
using Moesaic.Models.Experts.Objectives;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests.Experts;

public class CapacityLimitTests
{
    static readonly RouterSpec Raw = new() { Experts = 4, Chosen = 2, Weight = CombineWeight.Raw };

    static RouterSpec Limited(float factor, CapacityOrder order = CapacityOrder.FirstChoices, CapacityOverflow overflow = default, int chosen = 2) =>
        Raw with { Chosen = chosen, Capacity = new(factor) { Order = order, Overflow = overflow } };

    [Fact]
    public void First_choices_come_before_second_ones_and_by_position_each_token_with_all_it_chose()
    {
        // Tokens 0 and 1 want experts 0, 1; token 2 wants 1, 0. One place each.
        float[] logits = [3, 2, 0, 0, 3, 2, 0, 0, 2, 3, 0, 0];
        var spec = Raw with { Capacity = new(0.1f) };
        var first = RouterRun.Route(spec, RouterRun.Rows(4, logits));
        Assert.Equal([[0], [], [1]], first.Chosen);
        Assert.Equal([1, 2, 1], first.Dropped);
        Assert.Equal([[0, 1], [], []], RouterRun.Route(spec with { Capacity = spec.Capacity! with { Order = CapacityOrder.Position } },
            RouterRun.Rows(4, logits)).Chosen);
        // The highest first choice first: token 1 when it is surest.
        logits[4] = 5;
        Assert.Equal([[], [0], [1]], RouterRun.Route(spec with { Capacity = spec.Capacity! with { Order = CapacityOrder.Priority } },
            RouterRun.Rows(4, logits)).Chosen);
    }

    [Theory]
    [InlineData(CapacityOrder.Position)]
    [InlineData(CapacityOrder.FirstChoices)]
    [InlineData(CapacityOrder.Priority)]
    public void Nothing_is_dropped_where_there_is_room_for_all(CapacityOrder order)
    {
        var logits = Differences.Random(40, 4, 2, 3);
        var free = RouterRun.Route(Raw, logits, RouterRun.Input(11, 29));
        // E/K places per choice: one for every token.
        var limited = RouterRun.Route(Limited(2, order), logits, RouterRun.Input(11, 29));
        Assert.Equal(free.Chosen, limited.Chosen);
        for (var t = 0; t < 40; t++) Assert.InRange(Passes.MaxDifference(free.Weights[t], limited.Weights[t]), 0, 1e-6);
        Assert.All(limited.Dropped, d => Assert.Equal(0, d));
    }

    [Theory]
    [InlineData(CapacityOrder.Position, 1)]
    [InlineData(CapacityOrder.FirstChoices, 2)]
    [InlineData(CapacityOrder.Priority, 3)]
    [InlineData(CapacityOrder.Random, 4)]
    public void No_expert_gets_more_than_its_places_and_none_is_left_empty_that_was_wanted(CapacityOrder order, int seed)
    {
        var logits = Differences.Random(60, 4, seed, 2);
        var spec = Raw with { Training = new() { Capacity = new(0.7f) { Order = order } } };
        var input = RouterRun.Training(RouterRun.Input(20, 40));
        var statistics = new RoutingStatistics(4);
        var (free, limited) = (RouterRun.Route(Raw, logits), RouterRun.Route(spec, logits, input, statistics));
        foreach (var (start, count, places) in new[] { (0, 20, 7), (20, 40, 14) })
            for (var e = 0; e < 4; e++)
            {
                int Load(Decided d) => d.Chosen.Skip(start).Take(count).Count(c => c.Contains(e));
                Assert.Equal(Math.Min(places, Load(free)), Load(limited));
            }
        for (var t = 0; t < 60; t++) Assert.Equal(free.Chosen[t].Length, limited.Chosen[t].Length + limited.Dropped[t]);
        Assert.Equal(limited.Dropped.Sum(), statistics.Dropped);
        Assert.Equal(limited.Dropped.Sum() / 120.0, statistics.DropRate, 1e-12);
        // Evaluation drops nothing.
        input.Training = false;
        Assert.Equal(free.Chosen, RouterRun.Route(spec, logits, input).Chosen);
    }

    [Fact]
    public void At_random_the_dice_decide_who_is_dropped()
    {
        var logits = Differences.Random(60, 4, 4, 2);
        var spec = Raw with { Training = new() { Capacity = new(0.7f) { Order = CapacityOrder.Random } } };
        var first = RouterRun.Route(spec, logits, RouterRun.Training(RouterRun.Input(60)));
        Assert.Equal(first.Chosen, RouterRun.Route(spec, logits, RouterRun.Training(RouterRun.Input(60))).Chosen);
        var other = RouterRun.Route(spec, logits, RouterRun.Training(RouterRun.Input(60), seed: 6));
        Assert.NotEqual(first.Chosen, other.Chosen);
        Assert.Equal(first.Load(4), other.Load(4));
    }

    [Fact]
    public void No_token_is_left_behind_while_there_is_room()
    {
        var logits = Differences.Random(40, 4, 5, 3);
        var decided = RouterRun.Route(Limited(1, CapacityOrder.Position, CapacityOverflow.NextChoice), logits);
        Assert.Equal(80, decided.Chosen.Sum(c => c.Length) + decided.Dropped.Sum());
        Assert.Equal([20, 20, 20, 20], decided.Load(4).Select(l => Math.Max(l, 20)));
        Assert.True(decided.Chosen.Sum(c => c.Length) >= 78);
        for (var t = 0; t < 40; t++)
        {
            Assert.Equal(decided.Weights[t].OrderDescending(), decided.Weights[t]);
            foreach (var (e, w) in decided.Chosen[t].Zip(decided.Weights[t]))
                Assert.Equal(Math.Exp(logits.Row(t)[e]) / logits.Row(t).ToArray().Sum(z => Math.Exp(z)), w, 1e-5);
        }
        // The next best with room: the second token's first and second are full.
        Assert.Equal([[0], [2]], RouterRun.Route(Limited(2, CapacityOrder.Position, CapacityOverflow.NextChoice, 1),
            RouterRun.Rows(4, 9, 0, 0, 0, 9, 1, 3, 2)).Chosen);
    }

    [Fact]
    public void What_overflows_passes_through_with_its_weight()
    {
        var spec = Limited(0.1f, overflow: CapacityOverflow.PassThrough);
        var decided = RouterRun.Route(spec, RouterRun.Rows(4, 2, 1, 0, -1, 2, 1, 0, -1));
        Assert.Equal([[0, 1], []], decided.Chosen);
        Assert.Equal(0, decided.Own[0]);
        Assert.Equal(0.6439 + 0.2369, decided.Own[1], 1e-4);
        // With a mix, a token that loses all is its own input, as MoEC has it.
        var mixed = RouterRun.Route(spec with { PassThrough = true, Chosen = 1, Affinity = RouterAffinity.Sigmoid }, RouterRun.Rows(4, 2, 1, 0, -1, 2, 1, 0, -1));
        Assert.Equal(1 - 0.8808, mixed.Own[0], 1e-4);
        Assert.Equal(1, mixed.Own[1]);
    }

    [Fact]
    public void Weights_are_shares_of_all_choices_or_of_those_that_are_left()
    {
        var spec = Limited(0.1f) with { Weight = CombineWeight.Renormalised };
        float[] logits = [3, 0, 2, 0, 0, 2, 3, 0];       // 0, 2 and 2, 1: the second choice of the first finds no place
        Assert.Equal(0.7311, RouterRun.Route(spec, RouterRun.Rows(4, logits)).Weights[0].Single(), 1e-4);
        Assert.Equal(1, RouterRun.Route(spec with { RenormaliseAfterDrops = true }, RouterRun.Rows(4, logits)).Weights[0].Single());
    }

    /// <summary>The load that noise makes smooth is that of the choices, whether or not a capacity took them.</summary>
    [Fact]
    public void Objectives_on_noise_see_choices_that_were_lost()
    {
        var spec = Raw with { Noise = RouterNoise.Learned, Weight = CombineWeight.Renormalised, Training = new() { Capacity = new(0.1f) } };
        using var workspace = new Workspace();
        var found = new List<float[]>();
        foreach (var capacity in new[] { false, true })
        {
            var router = new Router(capacity ? spec : spec with { Training = null }, RouterRun.Of(Raw).Score,
                noise: new LearnedNoise(Differences.Random(4, 4, 9, 0.1), 3));
            var x = Differences.Random(12, 4, 6);
            x.NeedsGradient = true;
            var input = RouterRun.Training(RouterRun.Input(12));
            input.Objectives = new BalanceObjectives([new(new LoadVariation(), 1)]);
            workspace.Begin(recording: true);
            var routing = router.Route(workspace, x, input, null);
            Assert.Equal(capacity, routing.Chosen.Span.Contains(-1));
            workspace.AddedGradient(routing.Weights);
            workspace.Backward();
            found.Add(x.Gradient!.Span.ToArray());
        }
        Assert.Contains(found[0], g => g != 0);
        Assert.Equal(found[0], found[1]);
    }
}
