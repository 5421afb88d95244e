using Moesaic.Models.Experts;

namespace Moesaic.Models.Tests.Experts;

public class TokenSelectionTests
{
    // p = .6439, .2369, .0871, .0321; σ = .8808, .7311, .5, .2689.
    static readonly float[] Fixture = [2, 1, 0, -1];
    static readonly RouterSpec Raw = new() { Experts = 4, Chosen = 2, Weight = CombineWeight.Raw };

    static Decided Route(RouterSpec spec, params float[] logits) => RouterRun.Route(spec, RouterRun.Rows(4, logits));

    [Theory]
    [InlineData(SelectionKind.Above, 0.9f, 2)]          // p E = 2.58, .95, .35, .13
    [InlineData(SelectionKind.Above, 1f, 1)]
    [InlineData(SelectionKind.Above, 3f, 0)]
    [InlineData(SelectionKind.Above, 0f, 4)]
    [InlineData(SelectionKind.NearBest, 0f, 1)]         // p/max = 1, .3679, .1353, .0498
    [InlineData(SelectionKind.NearBest, 0.64f, 2)]
    [InlineData(SelectionKind.NearBest, 0.9f, 3)]
    [InlineData(SelectionKind.NearBest, 1f, 4)]
    [InlineData(SelectionKind.Share, 0.6f, 1)]          // Σ = .6439, .8808, .9679, 1
    [InlineData(SelectionKind.Share, 0.65f, 2)]
    [InlineData(SelectionKind.Share, 0.9f, 3)]
    [InlineData(SelectionKind.Share, 1f, 4)]
    public void Thresholds_of_the_fixture(SelectionKind kind, float threshold, int count)
    {
        var decided = Route(Raw with { Selection = new(kind) { Threshold = threshold } }, Fixture);
        Assert.Equal(Enumerable.Range(0, count), decided.Chosen[0]);
        Assert.Equal(Math.Max(1, count), decided.Places);
        for (var j = 0; j < count; j++) Assert.Equal(new[] { 0.6439, 0.2369, 0.0871, 0.0321 }[j], decided.Weights[0][j], 1e-4);
    }

    [Fact]
    public void Relu_takes_what_is_above_zero_with_its_value_and_leaves_tokens_with_none()
    {
        var relu = Raw with { Affinity = RouterAffinity.Relu, Selection = new(SelectionKind.Positive) };
        var statistics = new RoutingStatistics(4);
        var decided = RouterRun.Route(relu, RouterRun.Rows(4, [0.5f, -1, 0, 2, -1, -2, -3, -4, 1, 2, 3, 4]), statistics: statistics);
        Assert.Equal([[3, 0], [], [3, 2, 1, 0]], decided.Chosen);
        Assert.Equal([[2, 0.5f], [], [4, 3, 2, 1]], decided.Weights);
        Assert.Equal((1, 2, 4), (statistics.Unrouted, statistics.PerToken, decided.Places));
        // In evaluation with a fixed number, what is not above zero has no weight and is not computed.
        Assert.Equal([[3, 0], [], [3, 2]], RouterRun.Route(relu with { Selection = SelectionRule.TopK },
            RouterRun.Rows(4, [0.5f, -1, 0, 2, -1, -2, -3, -4, 1, 2, 3, 4])).Chosen);
    }

    [Fact]
    public void Ties_go_to_the_lowest_index_and_all_are_best_first()
    {
        foreach (var kind in new[] { SelectionKind.All, SelectionKind.Above })
            Assert.Equal([[1, 3, 0, 2], [0, 1, 2, 3]], Route(Raw with { Selection = new(kind) }, 0, 1, 0, 1, 7, 7, 7, 7).Chosen);
        Assert.Equal([0, 1], Route(Raw, 7, 7, 7, 7).Chosen[0]);
        Assert.Equal([[0], [0]], Route(Raw with { Selection = new(SelectionKind.ExpertChoice), Experts = 4, Chosen = 1 }, 0, 0, 0, 0, 0, 0, 0, 0)
            .Chosen.Select((c, t) => t == 0 ? new[] { c[0] } : [c.Length]));
    }

    [Fact]
    public void A_second_expert_needs_its_share()
    {
        var second = Raw with { Weight = CombineWeight.Renormalised, Selection = new(SelectionKind.SecondAbove) { Threshold = 0.2f } };
        // Shares of .2689, and of e⁻²/(1 + e⁻²) = .1192.
        var decided = Route(second, 2, 1, 0, -1, 3, 1, 0, -1);
        Assert.Equal([[0, 1], [0]], decided.Chosen);
        // Renormalised before the second was left out: the first keeps its share.
        Assert.Equal(0.8808, decided.Weights[1][0], 1e-4);
        Assert.Equal(1, Route(second with { RenormaliseAfterDrops = true }, 3, 1, 0, -1).Weights[0][0]);
    }

    [Fact]
    public void A_sampled_second_expert_is_kept_as_often_as_its_share_says()
    {
        const int Tokens = 4000;
        var spec = Raw with { Weight = CombineWeight.Renormalised, Training = new() { Selection = new(SelectionKind.SecondSampled) { Threshold = 0.5f } } };
        var logits = RouterRun.Rows(4, [.. Enumerable.Repeat(Fixture, Tokens).SelectMany(f => f)]);
        var sampled = RouterRun.Route(spec, logits, RouterRun.Training(RouterRun.Input(Tokens)));
        Assert.Equal(2 * 0.2689, sampled.Chosen.Count(c => c.Length == 2) / (double)Tokens, 0.03);
        Assert.All(sampled.Weights, w => Assert.Equal(0.7311, w[0], 1e-4));
        Assert.Equal(sampled.Chosen, RouterRun.Route(spec, logits, RouterRun.Training(RouterRun.Input(Tokens))).Chosen);
        Assert.NotEqual(sampled.Chosen, RouterRun.Route(spec, logits, RouterRun.Training(RouterRun.Input(Tokens), seed: 6)).Chosen);
        // Evaluation keeps both, and so does training without dice.
        Assert.All(RouterRun.Route(spec, logits).Chosen, c => Assert.Equal(2, c.Length));
        var undrawn = RouterRun.Input(Tokens);
        undrawn.Training = true;
        Assert.All(RouterRun.Route(spec, logits, undrawn).Chosen, c => Assert.Equal(2, c.Length));
    }

    [Fact]
    public void Training_chooses_all_where_evaluation_chooses_few()
    {
        var spec = Raw with { Training = new() { Selection = new(SelectionKind.All) } };
        var input = RouterRun.Input(1);
        Assert.Equal([0, 1], RouterRun.Route(spec, RouterRun.Rows(4, Fixture), input).Chosen[0]);
        input.Training = true;
        Assert.Equal([0, 1, 2, 3], RouterRun.Route(spec, RouterRun.Rows(4, Fixture), input).Chosen[0]);
    }

    [Fact]
    public void So_many_of_each_group_are_chosen()
    {
        var spec = Raw with { Experts = 6, Chosen = 4, Groups = new(3, 2, GroupScore.Best) { PerGroup = 2 } };
        // The best of groups: 5, 4, 3; the third's other expert is better than the second's, and is not taken.
        Assert.Equal([0, 2, 1, 3], RouterRun.Route(spec, RouterRun.Rows(6, [5, 0, 4, -1, 3, 2])).Chosen[0]);
    }
}
