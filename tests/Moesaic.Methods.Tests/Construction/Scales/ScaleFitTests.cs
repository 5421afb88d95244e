using Moesaic.Methods.Calibration;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Plans;
using Moesaic.Methods.Construction.Scales;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Construction.Scales;

public sealed class ScaleFitTests
{
    static readonly PackedDataset Data = PackedDataset.Pack(
        Enumerable.Range(0, 5).Select(i => new TokenizedSample(TinyModel.Tokens(20 + i, i), null)), length: 32);

    /// <summary>With all experts on and equal weights the right scale is known: E.</summary>
    [Theory]
    [InlineData(8, 0)]
    [InlineData(6, 2)]
    public void All_experts_on_gives_their_number(int experts, int shared)
    {
        using var dense = TinyModel.Dense();
        using var mixture = Split.Apply(dense, SplitTests.Plan(dense, experts, shared, experts, scale: 3, router: new byte[experts * 16 * 4]));
        foreach (var see in Enum.GetValues<FitInput>())
            Assert.All(ScaleFit.Fit(dense, mixture, Data, see), fit =>
            {
                Assert.Equal(experts, fit.Scale, 1e-3);
                Assert.Equal(0, fit.Error, 1e-6);
            });
    }

    [Theory]
    [InlineData(8, 0, 2, FitWeight.Squares)]
    [InlineData(8, 0, 2, FitWeight.Tokens)]
    [InlineData(7, 1, 1, FitWeight.Squares)]
    [InlineData(7, 1, 1, FitWeight.Tokens)]
    public void It_is_the_minimiser(int experts, int shared, int chosen, FitWeight weight)
    {
        using var dense = TinyModel.Dense(layers: 1);
        var plan = SplitTests.Plan(dense, experts, shared, chosen, weight: chosen == 1 ? CombineWeight.Raw : CombineWeight.Renormalised);
        using var mixture = Split.Apply(dense, plan);
        var fit = Assert.Single(ScaleFit.Fit(dense, mixture, Data, weight: weight));
        Assert.Equal(fit.Error, Error(dense, plan, fit.Scale, weight), 1e-5);
        Assert.True(fit.Error < 1);
        foreach (var other in new[] { 0.9, 1.1 })
            Assert.True(Error(dense, plan, fit.Scale * other, weight) > fit.Error);
    }

    // The error from whole feed-forward layers, without the fit's own sums.
    static double Error(Model dense, SplitPlan plan, double scale, FitWeight weight)
    {
        using var mixture = Split.Apply(dense, plan with { Layers = [plan.Layers[0] with { Scale = (float)scale }] });
        using var workspace = new Workspace();
        var (rests, wholes) = (new List<double>(), new List<double>());
        foreach (var (_, input) in DensePass.Over(Data, 3))
        {
            workspace.Begin(recording: false);
            var x = dense.Blocks[0].FeedForwardInput(workspace,
                dense.Blocks[0].ForwardAttention(workspace, dense.Embed(workspace, input), input));
            var y = dense.Blocks[0].FeedForward.Forward(workspace, x, input, null);
            var z = mixture.Blocks[0].FeedForward.Forward(workspace, x, input, null);
            for (var t = 0; t < y.Rows; t++)
            {
                if (!input.Counted.Span[t]) continue;
                rests.Add(Enumerable.Range(0, y.Columns).Sum(d => Math.Pow(y.Row(t)[d] - z.Row(t)[d], 2)));
                wholes.Add(Enumerable.Range(0, y.Columns).Sum(d => Math.Pow(y.Row(t)[d], 2)));
            }
        }
        return weight == FitWeight.Tokens ? rests.Zip(wholes, (rest, whole) => rest / whole).Average() : rests.Sum() / wholes.Sum();
    }

    [Fact]
    public void Later_layers_see_the_mixture()
    {
        using var dense = TinyModel.Dense();
        var plan = SplitTests.Plan(dense, 8, 0, 2);
        using var mixture = Split.Apply(dense, plan);
        var (real, parent) = (ScaleFit.Fit(dense, mixture, Data, FitInput.Mixture), ScaleFit.Fit(dense, mixture, Data, FitInput.Dense));
        Assert.Equal(real[0], parent[0]);
        Assert.NotEqual(real[1].Scale, parent[1].Scale, 1e-4);
    }
}
