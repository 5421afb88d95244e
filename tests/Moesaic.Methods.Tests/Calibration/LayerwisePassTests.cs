using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Tests.Construction;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models.Loading;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Calibration;

public sealed class LayerwisePassTests
{
    static readonly PackedDataset Data = PackedDataset.Pack(
        Enumerable.Range(0, 9).Select(n => new TokenizedSample(TinyModel.Tokens(6 + (2 * n), n), null)), 16);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_feed_forward_sees_what_it_sees_in_the_whole_model(bool streamed)
    {
        using var folder = new TemporaryFolder();
        using var model = TinyModel.Dense(layers: 3);
        var expected = new List<float>[3];
        using var workspace = new Workspace();
        foreach (var (_, input) in DensePass.Over(Data, 2))
        {
            workspace.Begin(recording: false);
            DensePass.Run(workspace, model, input, (l, x, neurons, _) => (expected[l] ??= []).AddRange([.. x.Span.ToArray(), .. neurons.Span.ToArray()]));
        }

        if (streamed) ModelFolder.Save(model, folder["model"], new SaveOptions { Type = TensorType.F32 });
        using var layers = streamed ? ModelLayers.Open(folder["model"]) : ModelLayers.Of(model);
        var seen = new List<float>[3];
        var left = new List<int>();
        LayerwisePass.Run(layers, Data, (l, layer) => l == 1 ? null : (x, _, _, neurons, counted) =>
        {
            Assert.Equal(24, layer.Gate.Rows);
            Assert.Equal(x.Rows, counted.Length);
            (seen[l] ??= []).AddRange([.. x.Span.ToArray(), .. neurons.Span.ToArray()]);
            neurons.Span.Clear();       // what is shown may be overwritten
            x.Span.Clear();
        }, (l, _) => left.Add(l), rowsPerPass: 2);
        Assert.Equal(expected[0], seen[0]);
        Assert.Null(seen[1]);
        Assert.Equal(expected[2], seen[2]);
        Assert.Equal([0, 1, 2], left);
    }
}
