using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Plans;
using Moesaic.Methods.Construction.Routers;
using Moesaic.Methods.Construction.Scales;
using Moesaic.Methods.Data;
using Moesaic.Methods.Progress;
using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Construction.Scales;

public sealed class SplitScaleTests
{
    static readonly PackedDataset Data = PackedDataset.Pack(
        Enumerable.Range(0, 5).Select(i => new TokenizedSample(TinyModel.Tokens(20 + i, i), null)), length: 32);

    static SplitStepOptions Options(int chosen, ScaleRule rule) => new()
    {
        Experts = 8, Chosen = chosen, Method = SplitMethod.Random, Router = RouterStart.Zeros, ScaleRule = rule, Calibration = new DataOptions { Path = "text" },
    };

    static SplitPlan Plan(Model dense, SplitStepOptions options) => new SplitPlanner(options, 5, SilentProgress.Instance).Make(dense, Data);

    [Theory]
    [InlineData(ScaleRule.Fitted, 8)]
    [InlineData(ScaleRule.SqrtEk, 8)]
    [InlineData(ScaleRule.ResidualRatio, 8)]
    [InlineData(ScaleRule.EOverK, 1)]
    public void All_experts_on(ScaleRule rule, double scale)
    {
        using var dense = TinyModel.Dense();
        var plan = Plan(dense, Options(8, rule));
        Assert.All(plan.Layers, layer => Assert.Equal(scale, layer.Scale, 1e-3));
        using var mixture = Split.Apply(dense, plan);
        var tokens = TinyModel.Tokens(20);
        if (scale == 8) Assert.InRange(TinyModel.MaxDifference(TinyModel.Logits(dense, tokens), TinyModel.Logits(mixture, tokens)), 0, 1e-3);
    }

    [Fact]
    public void Presets_numbers_and_lists()
    {
        using var dense = TinyModel.Dense();
        float[] Scales(SplitStepOptions options) => [.. Plan(dense, options).Layers.Select(l => l.Scale)];
        Assert.Equal([4, 4], Scales(Options(2, ScaleRule.EOverK)));
        Assert.Equal([4, 4], Scales(Options(2, ScaleRule.SqrtEk)));
        Assert.Equal([8f / 3, 8f / 3], Scales(Options(3, ScaleRule.EOverK)));
        Assert.Equal([(float)Math.Sqrt(24), (float)Math.Sqrt(24)], Scales(Options(3, ScaleRule.SqrtEk)));
        Assert.Equal([2.5f, 2.5f], Scales(Options(2, ScaleRule.Fitted) with { Scale = 2.5 }));
        Assert.Equal([2, 3], Scales(Options(2, ScaleRule.Fitted) with { Scales = [2, 3] }));
        Assert.Contains("2 layers are split", Assert.Throws<BadRequestException>(() => Scales(Options(2, ScaleRule.Fitted) with { Scales = [2] })).Message,
            StringComparison.Ordinal);
    }

    /// <summary>With the scales found, each layer adds as much in proportion to its stream as the dense one.</summary>
    [Fact]
    public void The_residual_ratio_is_that_of_the_source()
    {
        using var dense = TinyModel.Dense();
        using var mixture = Split.Apply(dense, Plan(dense, Options(2, ScaleRule.ResidualRatio)));
        foreach (var (expected, found) in Ratios(dense).Zip(Ratios(mixture))) Assert.Equal(expected, found, 1e-4 * expected);
        using var other = Split.Apply(dense, Plan(dense, Options(2, ScaleRule.EOverK)));
        Assert.NotEqual(Ratios(dense)[0], Ratios(other)[0], 1e-3);
    }

    static double[] Ratios(Model model)
    {
        using var workspace = new Workspace();
        var ratios = new double[model.Blocks.Count];
        double[] streams = new double[ratios.Length], outputs = new double[ratios.Length];
        foreach (var (_, input) in DensePass.Over(Data, 3))
        {
            workspace.Begin(recording: true);       // keeps every tensor
            var x = model.Embed(workspace, input);
            for (var l = 0; l < model.Blocks.Count; l++)
            {
                x = model.Blocks[l].ForwardAttention(workspace, x, input);
                var y = model.Blocks[l].FeedForward.Forward(workspace, model.Blocks[l].FeedForwardInput(workspace, x), input, null);
                for (var t = 0; t < x.Rows; t++)
                {
                    if (!input.Counted.Span[t]) continue;
                    streams[l] += x.Row(t).ToArray().Sum(v => Math.Abs((double)v));
                    outputs[l] += y.Row(t).ToArray().Sum(v => Math.Abs((double)v));
                }
                x = workspace.Residual(x, y);
            }
        }
        return [.. streams.Zip(outputs, (s, o) => s / o)];
    }
}
