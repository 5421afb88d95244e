using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Plans;
using Moesaic.Methods.Construction.Routers;
using Moesaic.Methods.Data;
using Moesaic.Methods.Progress;
using Moesaic.Models;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Construction.Routers;

public sealed class RouterStartsTests
{
    static readonly PackedDataset Data = PackedDataset.Pack(
        Enumerable.Range(0, 12).Select(i => new TokenizedSample(TinyModel.Tokens(40 + i, i), null)), length: 32);

    static SplitStepOptions Options(RouterStart? start, RouterScore score, SplitMethod method = SplitMethod.TokenClusters) =>
        new() { Experts = 4, Chosen = 2, Method = method, Router = start, Score = score, Calibration = new DataOptions { Path = "text" }, Scale = 4 };

    static SplitPlan Plan(Model dense, SplitStepOptions options) =>
        new SplitPlanner(options, 5, SilentProgress.Instance).Make(dense, Data);

    // Representatives go with activation clusters alone.
    static IEnumerable<RouterStart> Starts => Enum.GetValues<RouterStart>().Where(s => s != RouterStart.Representatives);

    public static TheoryData<RouterStart, RouterScore, SplitMethod> Choices
    {
        get
        {
            var data = new TheoryData<RouterStart, RouterScore, SplitMethod>();
            foreach (var start in Starts)
                foreach (var score in new[] { RouterScore.Linear, RouterScore.Mlp })
                    foreach (var method in new[] { SplitMethod.Random, SplitMethod.TokenClusters }) data.Add(start, score, method);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Choices))]
    public void Every_start_goes_with_every_score_and_division(RouterStart start, RouterScore score, SplitMethod method)
    {
        using var dense = TinyModel.Dense();
        var plan = Plan(dense, Options(start, score, method));
        Assert.Equal(plan.ToJson(), Plan(dense, Options(start, score, method)).ToJson());
        using var mixture = Split.Apply(dense, plan);
        var matrices = mixture.Mixtures.First().Router.Score.Matrices;
        Assert.Equal(score == RouterScore.Mlp ? 2 : 1, matrices.Count);
        Assert.Equal(start == RouterStart.Zeros, matrices[0].Dense.Span.ToArray().All(w => w == 0));
        Assert.All(plan.Layers, layer =>
        {
            Assert.InRange(layer.Measured!.EnergyAgreement!.Value, 0.2, 1);
            Assert.Equal(method == SplitMethod.TokenClusters, layer.Measured.Agreement is not null);
        });
    }

    [Fact]
    public void The_router_does_not_change_the_division()
    {
        using var dense = TinyModel.Dense();
        var own = Plan(dense, Options(null, RouterScore.Linear));
        foreach (var start in Starts)
            foreach (var (expected, found) in own.Layers.Zip(Plan(dense, Options(start, RouterScore.Mlp)).Layers))
                Assert.Equal(expected.Experts, found.Experts);
    }

    [Fact]
    public void Two_layers_rank_the_experts_as_the_linear_router_does()
    {
        using var dense = TinyModel.Dense();
        foreach (var start in new[] { RouterStart.Centroids, RouterStart.NeuronMeans, RouterStart.RandomFeatures })
        {
            var (linear, mlp) = (Plan(dense, Options(start, RouterScore.Linear)), Plan(dense, Options(start, RouterScore.Mlp)));
            foreach (var (one, two) in linear.Layers.Zip(mlp.Layers)) Assert.Equal(one.Measured, two.Measured);
        }
    }

    [Fact]
    public void Centroids_of_experts_follow_their_energy_better_than_chance()
    {
        using var dense = TinyModel.Dense();
        double Of(RouterStart start) => Plan(dense, Options(start, RouterScore.Linear, SplitMethod.Random)).Layers.Average(l => l.Measured!.EnergyAgreement!.Value);
        Assert.True(Of(RouterStart.Centroids) > Of(RouterStart.Normal) + 0.05, $"{Of(RouterStart.Centroids)} {Of(RouterStart.Normal)}");
    }
}
