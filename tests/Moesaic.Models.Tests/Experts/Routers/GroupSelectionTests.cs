using Moesaic.Models.Experts;

namespace Moesaic.Models.Tests.Experts;

public class GroupSelectionTests
{
    static readonly RouterSpec Choice = new() { Experts = 4, Chosen = 2, Weight = CombineWeight.Raw, Selection = new(SelectionKind.ExpertChoice) };

    [Theory]
    [InlineData(16, 2, 4, 8)]
    [InlineData(3, 1, 4, 1)]        // .75
    [InlineData(2, 1, 4, 1)]        // a half goes up
    [InlineData(1, 1, 64, 1)]       // never none
    [InlineData(5, 4, 4, 5)]
    public void Places_of_expert_choice(int tokens, int perToken, int experts, int places) =>
        Assert.Equal(places, GroupSelection.Places(tokens, perToken, experts));

    [Fact]
    public void Every_expert_takes_the_tokens_that_score_it_highest()
    {
        var logits = Differences.Random(24, 4, 3);
        var decided = RouterRun.Route(Choice, logits, RouterRun.Input(8, 16));
        foreach (var (start, count) in new[] { (0, 8), (8, 16) })
            for (var e = 0; e < 4; e++)
            {
                double P(int t) => Math.Exp(logits.Row(t)[e]) / logits.Row(t).ToArray().Sum(z => Math.Exp(z));
                var best = Enumerable.Range(start, count).OrderByDescending(P).Take(count / 2).Order();
                Assert.Equal(best, Enumerable.Range(start, count).Where(t => decided.Chosen[t].Contains(e)));
                foreach (var t in best) Assert.Equal(P(t), decided.Weights[t][Array.IndexOf(decided.Chosen[t], e)], 1e-5);
            }
        // Perfectly balanced, and never twice the same for a token.
        Assert.Equal([12, 12, 12, 12], decided.Load(4));
        // Over the pass, the sequences compete.
        var together = RouterRun.Route(Choice with { Group = RoutingGroup.Pass }, logits, RouterRun.Input(8, 16));
        Assert.Equal([12, 12, 12, 12], together.Load(4));
        Assert.NotEqual(decided.Chosen, together.Chosen);
    }

    [Fact]
    public void Rows_of_no_sequence_get_no_expert_and_take_no_place()
    {
        var logits = Differences.Random(10, 4, 3);
        for (var e = 0; e < 4; e++) (logits.Row(8)[e], logits.Row(9)[e]) = (e == 0 ? 99 : 0, e == 1 ? 99 : 0);
        var padded = RouterRun.Route(Choice, logits, Passes.Packed(2, Passes.Tokens(8)));
        Assert.Equal([[], []], padded.Chosen[8..]);
        Assert.Equal([4, 4, 4, 4], padded.Load(4));
        var average = Choice with { Selection = new(SelectionKind.AverageAbove) { Threshold = 1 } };
        Assert.Equal([[], []], RouterRun.Route(average, logits, Passes.Packed(2, Passes.Tokens(8))).Chosen[8..]);
    }

    [Fact]
    public void All_tokens_get_as_many_as_the_average_is_above_the_threshold()
    {
        var spec = Choice with { Selection = new(SelectionKind.AverageAbove) { Threshold = 0.9f } };
        // Above .9/4 are 2, 1 and 2: on average 1.67.
        float[] two = [2, 1, 0, -1], one = [9, 0, 0, 0];
        var decided = RouterRun.Route(spec, RouterRun.Rows(4, [.. two, .. one, .. two, .. one]), RouterRun.Input(3, 1));
        Assert.Equal([[0, 1], [0, 1], [0, 1], [0]], decided.Chosen);
        // None above: one at least.
        Assert.Equal([[0]], RouterRun.Route(spec with { Selection = spec.Selection with { Threshold = 4 } }, RouterRun.Rows(4, two)).Chosen);
    }
}
