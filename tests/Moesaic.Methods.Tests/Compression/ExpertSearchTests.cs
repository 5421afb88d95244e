using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Compression.Search;
using Moesaic.Models;

namespace Moesaic.Methods.Tests.Compression;

public sealed class ExpertSearchTests
{
    static readonly RouterSpec Router = new() { Experts = 7, Chosen = 2 };

    [Theory]
    [InlineData(6, 4, 1, 15)]
    [InlineData(8, 4, 2, 36)]
    [InlineData(6, 6, 1, 1)]
    [InlineData(64, 32, 1, 1_832_624_140_942_590_534)]
    [InlineData(256, 128, 1, long.MaxValue)]
    public void Choices_are_counted(int experts, int kept, int groups, long count)
    {
        var space = new KeptExperts(experts, kept, groups);
        Assert.Equal(count, space.Count);
        if (count > 1000) return;
        int[][] all = [.. space.All()];
        Assert.Equal(count, all.Select(c => string.Join(' ', c)).Distinct().Count());
        Assert.All(all, c => Assert.True(Fits(space, c)));
    }

    static bool Fits(KeptExperts space, int[] choice) => choice.SequenceEqual(choice.Order().Distinct()) && choice.Length == space.Kept
        && choice.All(e => e >= 0 && e < space.Experts)
        && choice.CountBy(e => e / (space.Experts / space.Groups)).All(g => g.Value == space.Kept / space.Groups);

    [Fact]
    public void What_is_drawn_crossed_and_swapped_is_a_choice()
    {
        var space = new KeptExperts(12, 6, 3);
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            int[] a = space.Draw(random), b = space.Draw(random), child = space.Cross(a, b, random), swapped = space.Swap(a, random);
            Assert.All(new[] { a, b, child, swapped }, c => Assert.True(Fits(space, c)));
            // What both keep stays.
            Assert.Empty(a.Intersect(b).Except(child));
            Assert.Equal(5, swapped.Intersect(a).Count());
        }
    }

    [Fact]
    public void All_subsets_find_what_real_layers_find()
    {
        var layer = SlicedMixture.Make(Router);
        using var sample = LayerSample.Of(layer, SlicedMixture.Inputs(150));
        using var cache = CachedOutputs.Gather(layer, sample);
        var space = KeptExperts.Of(Router, 4, "layer");
        var whole = SlicedMixture.Output(layer, sample.Inputs);
        var (kept, error) = space.All().Select(c => (c, SlicedMixture.SquaredError(whole, SlicedMixture.Output(SlicedMixture.Slice(layer, c), sample.Inputs)))).MinBy(c => c.Item2);
        var best = ExhaustiveSearch.Run(space, Naee.Objective(cache, LayerLoss.SquaredError), best: 3);
        Assert.Equal(kept, best[0].Kept);
        Assert.Equal(error, best[0].Error, 1e-4 * error);
        Assert.True(best[0].Error <= best[1].Error && best[1].Error <= best[2].Error);
    }

    [Fact]
    public void The_published_loss_sums_norms_of_batches() =>
        Assert.Equal(5, Naee.Loss([9, 4], LayerLoss.BatchNorms));

    [Fact]
    public void The_genetic_search_finds_the_optimum_where_it_is_known()
    {
        var layer = SlicedMixture.Make(Router with { Experts = 12 }, seed: 11);
        using var sample = LayerSample.Of(layer, SlicedMixture.Inputs(150));
        using var cache = CachedOutputs.Gather(layer, sample);
        var space = new KeptExperts(12, 6, 1);
        var errors = Naee.Objective(cache, LayerLoss.SquaredError);
        var best = ExhaustiveSearch.Run(space, errors)[0];
        for (var seed = 0; seed < 5; seed++)
        {
            var judged = 0;
            var found = GeneticSearch.Run(space, c => { judged += c.Count; return errors(c); }, new GeneticOptions { Population = 40, Generations = 20 }, seed, best: 3);
            Assert.Equal(best.Kept, found[0].Kept);
            Assert.Equal(3, found.Count);
            Assert.True(judged < space.Count, $"{judged} of {space.Count} judged");
        }
    }

    [Fact]
    public void A_seed_gives_the_same_search_and_nothing_is_judged_twice()
    {
        var space = new KeptExperts(16, 8, 2);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        double[] Errors(IReadOnlyList<int[]> choices) => [.. choices.Select(c => c.Sum(e => Math.Sin(e * 7)))];
        double[] Once(IReadOnlyList<int[]> choices)
        {
            Assert.All(choices, c => Assert.True(seen.Add(string.Join(' ', c))));
            return Errors(choices);
        }
        var options = new GeneticOptions { Population = 30, Generations = 15 };
        var first = GeneticSearch.Run(space, Once, options, seed: 4, best: 5);
        var second = GeneticSearch.Run(space, Errors, options, seed: 4, best: 5);
        Assert.Equal(first.Select(c => string.Join(' ', c.Kept)), second.Select(c => string.Join(' ', c.Kept)));
        Assert.All(first, c => Assert.True(Fits(space, c.Kept)));
    }

    [Fact]
    public void A_space_smaller_than_the_population_is_judged_whole()
    {
        var space = new KeptExperts(5, 3, 1);
        var found = GeneticSearch.Run(space, c => [.. c.Select(k => (double)k.Sum())], new GeneticOptions(), seed: 1, best: 100);
        Assert.Equal(10, found.Count);
        Assert.Equal([0, 1, 2], found[0].Kept);
    }

    [Fact]
    public void Too_many_subsets_name_the_genetic_search()
    {
        var thrown = Assert.Throws<BadRequestException>(() => ExhaustiveSearch.Run(new KeptExperts(64, 32, 1), _ => [], where: "layer 2"));
        Assert.Contains("layer 2", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("moe_i2", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void So_few_experts_that_a_token_cannot_choose_are_refused()
    {
        Assert.Throws<BadRequestException>(() => KeptExperts.Of(Router, 1, "layer 0"));
        var grouped = Router with { Experts = 8, Chosen = 4, Groups = new ExpertGroups(4, 2, GroupScore.Best) };
        Assert.Throws<BadRequestException>(() => KeptExperts.Of(grouped, 4, "layer 0"));
        Assert.Throws<BadRequestException>(() => KeptExperts.Of(grouped with { Experts = 16 }, 10, "layer 0"));
    }

    [Fact]
    public void Experts_that_stay_come_first_in_the_ranking() =>
        Assert.Equal([3, 1, 0, 2], Naee.Ranking([1, 3], [9, 1, 5, 2]));
}
