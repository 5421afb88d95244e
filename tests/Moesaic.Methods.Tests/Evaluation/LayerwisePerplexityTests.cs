using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Plans;
using Moesaic.Methods.Construction.Routers;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Tests.Construction;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Evaluation;

public sealed class LayerwisePerplexityTests
{
    static readonly PackedDataset Data = PackedDataset.Pack(
        Perplexity.Windows(Enumerable.Range(0, 9).Select(n => new TokenizedSample(TinyModel.Tokens(6 + (3 * n), n), null)), 12, 8), 12);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_model_from_disk_layer_by_layer_has_the_bits_of_the_whole(bool mixture)
    {
        using var folder = new TemporaryFolder();
        using var dense = TinyModel.Dense(layers: 3);
        using var model = mixture ? Split.Apply(dense, Plan(dense.Spec)) : dense;
        ModelFolder.Save(model, folder["model"], new SaveOptions { Type = TensorType.F32 });
        using var whole = ModelFolder.Load(folder["model"]);
        var expected = Perplexity.Measure(whole.Model, Data, rows: 2);
        using var layers = ModelLayers.Open(folder["model"]);
        var measured = LayerwisePerplexity.Measure(layers, Data, rows: 2);
        Assert.Equal(expected.Tokens, measured.Tokens);
        Assert.Equal(expected.Loss, measured.Loss);
        Assert.Equal(mixture ? 2 : 0, measured.Routing.Count);      // the first layer stays dense
        Assert.Equal(expected.Routing.SelectMany(r => r.Load), measured.Routing.SelectMany(r => r.Load));
    }

    static SplitPlan Plan(ModelSpec dense) => new SplitPlanner(
        new SplitStepOptions { Method = SplitMethod.Random, Experts = 4, Chosen = 2, Scale = 3, DenseFirst = 1, Router = RouterStart.Normal }, 1,
        Methods.Progress.SilentProgress.Instance).Outline(dense);
}
