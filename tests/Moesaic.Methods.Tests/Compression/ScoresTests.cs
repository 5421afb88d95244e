using Moesaic.Methods.Calibration;
using Moesaic.Methods.Compression.Scores;
using Moesaic.Methods.Tests.Calibration;

namespace Moesaic.Methods.Tests.Compression;

public sealed class ScoresTests
{
    // 100 tokens; expert 2 was never chosen.
    static ExpertStatistics Statistics(bool all = false)
    {
        var s = new ExpertStatistics(3, 2, 2, all);
        s.SetTokens(100);
        Set(s.Routed, 80, 20, 0);
        Set(s.Gates, 40, 15, 0);
        Set(s.Probabilities, 50, 30, 20);
        Set(s.Outputs.Rows, 80, 20, 0);
        Set(s.Outputs.Norms, 160, 100, 0);
        Set(s.Outputs.GatedNorms, 80, 75, 0);
        Set(s.Outputs.Largest, 3, 9, 0);
        Set(s.Outputs.Sums, 0, 80, 60, 80, 0, 0);
        if (s.AllOutputs is not { } outputs) return s;
        Set(outputs.Rows, 100, 100, 100);
        Set(outputs.Norms, 200, 500, 300);
        Set(outputs.GatedNorms, 100, 150, 60);
        Set(outputs.Sums, 0, 100, 300, 400, 0, 50);
        return s;
    }

    static void Set<T>(T[] target, params T[] values) => values.CopyTo(target, 0);

    public static TheoryData<IExpertScore, double[]> Formulas => new()
    {
        { new Frequency(), [0.8, 0.2, 0] },
        { new SoftCount(), [0.5, 0.3, 0.2] },
        { new WeightedFrequency(), [0.4, 0.15, 0] },
        { new ActivationNorm(), [1.6, 1, 0] },
        { new MeanActivationNorm(), [2, 5, 0] },
        { new GatedActivationNorm(), [0.8, 0.75, 0] },
        { new Reap(), [1, 3.75, 0] },
        { new MeanOutputNorm(), [1, 5, 0] },
    };

    [Theory]
    [MemberData(nameof(Formulas), DisableDiscoveryEnumeration = true)]
    public void Scores_are_as_published_and_finite_without_tokens(IExpertScore score, double[] expected)
    {
        var found = score.Of(4, Statistics());
        for (var e = 0; e < 3; e++) Assert.Equal(expected[e], found[e], 1e-12);
        Assert.All(score.Of(0, new ExpertStatistics(3, 2, 2, false)), s => Assert.Equal(0, s));
    }

    [Fact]
    public void Means_over_few_tokens_can_be_estimated_from_all()
    {
        var s = Statistics(all: true);
        Assert.Equal(3, ((IExpertScore)new MeanActivationNorm()).OfAllTokens(s, 2), 1e-12);
        Assert.Equal(0.5, ((IExpertScore)new MeanOutputNorm()).OfAllTokens(s, 2), 1e-12);
        Assert.Equal(0.55 * 60 / 20, ((IExpertScore)new Reap()).OfAllTokens(s, 2), 1e-12);
        Assert.False(((IExpertScore)new Frequency()).IsMeanOfRouted);
    }

    /// <summary>Renormalised gates for Mixtral, sigmoids with a bias that selects and does not weigh and groups for DeepSeek-V3.</summary>
    [Theory]
    [InlineData("mixtral")]
    [InlineData("deepseek_v3")]
    [InlineData("raw")]
    public void Reap_is_that_of_a_loop_over_tokens_through_the_models_own_router(string router)
    {
        using var model = TinyMixture.Make(TinyMixture.Routers[router]);
        var data = TinyMixture.Data(samples: 20);
        var statistics = new Calibrator(ModelLayers.Of(model), new CalibrationOptions { RowsPerPass = 3 }).Run(data, "");
        var naive = NaiveExperts.Watch(model, data, _ => true);
        for (var l = 0; l < 3; l++)
        {
            var found = new Reap().Of(l, statistics.Experts(l));
            for (var e = 0; e < 8; e++)
            {
                var wanted = naive[l]!.Routed[e] == 0 ? 0 : naive[l]!.GatedNorms[e] / naive[l]!.Routed[e];
                Assert.Equal(wanted, found[e], 1e-4 * (wanted + 0.01));
            }
        }
    }

    [Fact]
    public void Chance_is_an_order_per_layer_that_the_seed_repeats()
    {
        double[] first = new RandomScore(1).Of(0, 16), other = new RandomScore(1).Of(1, 16);
        Assert.Equal(Enumerable.Range(1, 16).Select(n => n / 16.0), first.Order());
        Assert.Equal(first, new RandomScore(1).Of(0, 16));
        Assert.NotEqual(first, other);
        Assert.NotEqual(first, new RandomScore(2).Of(0, 16));
    }

    [Fact]
    public void Super_experts_are_beyond_both_bars_and_not_in_the_last_quarter()
    {
        var layers = Enumerable.Range(0, 8).Select(l =>
        {
            var s = new ExpertStatistics(64, 2, 2, false);
            for (var e = 0; e < 64; e++) s.Outputs.Largest[e] = 1 + (e * 0.001);
            return (ExpertStatistics?)s;
        }).ToArray();
        layers[1]!.Outputs.Largest[5] = 1000;
        layers[2]!.Outputs.Largest[6] = 150;
        layers[3]!.Outputs.Largest[7] = 90;      // beyond the percentile, not a tenth of the largest
        layers[7]!.Outputs.Largest[8] = 800;     // in the last quarter
        Assert.Equal([(1, 5), (2, 6)], SuperExperts.Of(layers).Order());
        layers[0] = null;
        Assert.Equal(2, SuperExperts.Of(layers).Count);
        Assert.Empty(SuperExperts.Of([null, null]));
    }
}
