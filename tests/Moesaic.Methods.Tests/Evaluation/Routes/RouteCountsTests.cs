using Moesaic.Methods.Evaluation.Routes;

namespace Moesaic.Methods.Tests.Evaluation.Routes;

/// <summary>The counts on routes made by hand.</summary>
public class RouteCountsTests
{
    static TokenRoute Route(int id, int[] chosen, int position = 0, int domain = 0, int dropped = 0) =>
        new() { Id = id, Position = position, Domain = domain, Chosen = chosen, Dropped = dropped };

    [Fact]
    public void A_domain_s_shares_sum_to_the_experts_per_token_and_even_use_has_no_divergence()
    {
        var loads = new DomainLoads(domains: 2, experts: 4);
        loads.Add(Route(0, [0, 1]));
        loads.Add(Route(0, [0, 2]));
        loads.Add(Route(0, [2, 3], domain: 1));
        Assert.Equal([1, 0.5, 0.5, 0], Enumerable.Range(0, 4).Select(e => loads.Share(0, e)));
        Assert.Equal([0.5, 0.25, 0.25, 0], loads.Load(0));
        // The mean of both loads is [1/4, 1/8, 3/8, 1/4].
        Assert.Equal(0.375, loads.Divergence(0), 12);
        Assert.Equal(loads.Divergence(0), loads.Divergence(1), 12);
        Assert.Equal(1, loads.Tokens(1));

        var even = new DomainLoads(2, 2);
        foreach (var domain in (int[])[0, 1, 1])
        {
            even.Add(Route(0, [0], domain: domain));
            even.Add(Route(0, [1], domain: domain));
        }
        Assert.Equal(0, even.Divergence(0), 12);
    }

    [Fact]
    public void A_domain_whose_tokens_no_expert_gets_has_no_load()
    {
        var loads = new DomainLoads(1, 2);
        loads.Add(Route(0, []));
        Assert.Equal((1, 0.0, 0.0), (loads.Tokens(0), loads.Share(0, 0), loads.Load(0).Sum()));
    }

    [Fact]
    public void An_id_belongs_to_the_expert_that_gets_its_places()
    {
        var loads = new VocabularyLoads(3);
        foreach (var expert in (int[])[0, 0, 0, 1]) loads.Add(7, [expert]);
        foreach (var _ in (int[])[1, 2]) loads.Add(8, [1]);
        loads.Add(9, [2]);
        Assert.Equal([7, 8, 9], loads.Ids);
        Assert.Equal((4, 0.75, 0.25), (loads.Places(7), loads.Share(7, 0), loads.Share(7, 1)));
        Assert.Equal(0, loads.Places(5));
        Assert.Equal([8, 7], loads.Top(1, 5, least: 1));
        Assert.Equal([7], loads.Top(0, 5, least: 3));
        Assert.Empty(loads.Top(2, 5, least: 2));
        // Expert 1 has a slot of id 7, which comes to it once in four, and two of id 8, which always does.
        Assert.Equal((0.25 + 1 + 1) / 3, loads.Specialisation(1, least: 1), 12);
        Assert.Equal(0, loads.Specialisation(2, least: 2));
        Assert.Equal((2, 6 / 7.0), loads.Frequent(2));
    }

    [Fact]
    public void Routes_that_follow_the_id_are_told_by_it_and_routes_that_do_not_are_told_by_load_as_well()
    {
        var (byId, byLoad) = (new VocabularyLoads(4), new VocabularyLoads(4));
        for (var i = 0; i < 12; i++)
        {
            byId.Add(i % 4, [i % 4, (i + 1) % 4]);
            byLoad.Add(i % 3, [i / 3 == 0 ? 1 : 2]);
        }
        Assert.Equal(1, byId.ToldById(least: 1));
        Assert.Equal(0.5, byId.ToldByLoad(least: 1));
        Assert.Equal(0.75, byLoad.ToldById(1));
        Assert.Equal(0.75, byLoad.ToldByLoad(1));
        Assert.Equal(0, byLoad.ToldById(least: 5));
    }

    [Fact]
    public void An_id_that_gets_one_or_three_experts_is_told_by_two()
    {
        var loads = new VocabularyLoads(4);
        loads.Add(1, [0]);
        loads.Add(1, [0, 1, 2]);
        Assert.Equal(0.75, loads.ToldById(1));
    }

    [Fact]
    public void Later_positions_lose_more()
    {
        var loads = new PositionLoads(bins: 2, width: 4, experts: 2);
        loads.Add(Route(0, [0, 1], position: 3));
        loads.Add(Route(0, [0], position: 4, dropped: 1));
        loads.Add(Route(0, [], position: 9, dropped: 2));
        Assert.Equal((0.0, 0.75), (loads.DropRate(0), loads.DropRate(1)));
        Assert.Equal((1L, 2L, 2L, 1L), (loads.Tokens(0), loads.Tokens(1), loads.Served(0), loads.Served(1)));
        // All together expert 0 has 2 of 3.
        Assert.Equal(1 / 6.0, loads.Divergence(0), 12);
        Assert.Equal(1 / 3.0, loads.Divergence(1), 12);
        Assert.Equal((4, 7), (loads.First(1), loads.Last(1)));
    }

    [Fact]
    public void Pairs_are_counted_with_a_direction()
    {
        var pairs = new ExpertPairs(3);
        pairs.Add(Route(0, [0, 1]));
        pairs.Add(Route(0, [1, 2]));
        pairs.Add(Route(0, [1]));
        pairs.Add(Route(0, []));
        Assert.Equal((1.0, 1 / 3.0, 0.0), (pairs.Share(0, 1), pairs.Share(1, 0), pairs.Share(0, 2)));
        Assert.Equal(0.75, pairs.Expected(1));
        Assert.Equal([(0, 1), (2, 1)], pairs.Strongest(5, least: 1));
        Assert.Single(pairs.Strongest(1, least: 1));
        // Experts 0 and 2 have one token each.
        Assert.Equal([(1, 0), (1, 2)], pairs.Strongest(5, least: 2));
    }

    [Fact]
    public void One_expert_a_token_makes_no_pairs()
    {
        var pairs = new ExpertPairs(2);
        pairs.Add(Route(0, [1]));
        Assert.Empty(pairs.Strongest(5, least: 1));
        Assert.Equal(0, pairs.Share(0, 1));
    }

    [Fact]
    public void Bars_show_an_even_load_in_the_middle()
    {
        Assert.Equal("▄▄▄▄", LoadBars.Of([0.25, 0.25, 0.25, 0.25]));
        Assert.Equal("█·▁▃", LoadBars.Of([0.8, 0, 0.02, 0.18]));
    }
}
