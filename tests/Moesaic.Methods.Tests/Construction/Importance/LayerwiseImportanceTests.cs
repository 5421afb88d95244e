using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Importance;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Construction.Importance;

public sealed class LayerwiseImportanceTests
{
    static readonly PackedDataset Data = PackedDataset.Pack(
        Enumerable.Range(0, 11).Select(n => new TokenizedSample(TinyModel.Tokens(5 + (3 * n), n), null)), 24);

    /// <summary>Layer by layer, from memory or from disk, with hidden states in a file: the bits of one tape over the whole model.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void It_has_the_bits_of_the_whole_tape(bool streamed, bool spilled)
    {
        using var folder = new TemporaryFolder();
        using var model = TinyModel.Dense(layers: 3);
        Tensor[] routers = [new(2, 16), new(2, 16), new(2, 16)];
        for (var l = 0; l < 3; l++) ModelInitialiser.FillNormal(routers[l].Span, new Random(l), 1);
        var whole = GradientImportance.Measure(model, Data, routers);

        if (streamed) ModelFolder.Save(model, folder["model"], new SaveOptions { Type = TensorType.F32 });
        using var layers = streamed ? ModelLayers.Open(folder["model"]) : ModelLayers.Of(model);
        var spill = spilled ? folder["hidden.tmp"] : null;
        var found = LayerwiseImportance.Measure(layers, Data, [2, 2, 2], (l, x, _, _) => GradientImportance.Labels(x, routers[l]), null, spill);
        for (var l = 0; l < 3; l++)
        {
            Assert.Equal(whole[l].Tokens, found[l]!.Tokens);
            Assert.Equal(whole[l].Sums, found[l]!.Sums);
        }
        Assert.False(File.Exists(folder["hidden.tmp"]));
    }

    [Fact]
    public void Documents_are_counted_over_the_passes_and_layers_nobody_asks_for_are_left_out()
    {
        using var model = TinyModel.Dense(layers: 3);
        using var layers = ModelLayers.Of(model);
        int[] documents = [.. Enumerable.Range(0, DensePass.Over(Data, 1).Sum(p => p.Input.Segments.Length)).Select(n => n % 3)];
        var whole = GradientImportance.Measure(model, Data, 3, documents, rowsPerPass: 2);
        var found = LayerwiseImportance.Measure(layers, Data, [0, 3, 0],
            (_, _, input, first) => DocumentClusters.TokenLabels(input, documents.AsSpan(first)), null, rowsPerPass: 2);
        Assert.Null(found[0]);
        Assert.Null(found[2]);
        Assert.Equal(whole[1].Sums, found[1]!.Sums);
        Assert.All(found[1]!.Tokens, tokens => Assert.True(tokens > 0));
    }
}
