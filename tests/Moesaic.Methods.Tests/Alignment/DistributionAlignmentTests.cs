using Moesaic.Formats;
using Moesaic.Methods.Alignment;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Tests.Construction;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Models.Loading;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Alignment;

public sealed class DistributionAlignmentTests
{
    static readonly PackedDataset Data = PackedDataset.Pack(
        Enumerable.Range(0, 8).Select(i => new TokenizedSample(TinyModel.Tokens(25 + i, i), null)), length: 32);

    static readonly AlignedModule[] Both = [AlignedModule.Attention, AlignedModule.FeedForward];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_model_aligned_with_itself_does_not_change(bool bias)
    {
        using var dense = TinyModel.Dense();
        using var mixture = Split.Apply(dense, SplitTests.Plan(dense, 3, 1, 2));
        var spec = bias ? DistributionAlignment.WithBiases(mixture.Spec, Both) : mixture.Spec;
        using Model parent = ModelCopy.InShape(mixture, spec), model = ModelCopy.InShape(mixture, spec);
        DistributionAlignment.Align(parent, model, Data, Both, bias);
        foreach (var (expected, found) in parent.Parameters.Zip(model.Parameters)) Assert.Equal(expected.Value.Span.ToArray(), found.Value.Span.ToArray());
    }

    /// <summary>Measured again, through the changed weights: the scale, the shared expert and the order of the layers are right.</summary>
    [Theory]
    [InlineData(4, 0, 1f)]
    [InlineData(3, 1, 1f)]
    [InlineData(4, 0, 3.5f)]
    [InlineData(3, 1, 3.5f)]
    public void The_statistics_become_those_of_the_parent(int experts, int shared, float scale)
    {
        using var dense = TinyModel.Dense();
        using var mixture = Split.Apply(dense, SplitTests.Plan(dense, experts, shared, 2, scale: scale));
        using var model = ModelCopy.InShape(mixture, DistributionAlignment.WithBiases(mixture.Spec, Both));
        DistributionAlignment.Align(dense, model, Data, Both, bias: true, rowsPerPass: 3);
        foreach (var (expected, found) in Statistics(dense).Zip(Statistics(model)))
            for (var d = 0; d < expected.Mean.Length; d++)
            {
                var deviation = Math.Sqrt(expected.Variance[d]);
                Assert.Equal(expected.Mean[d], found.Mean[d], 1e-4 * deviation);
                Assert.Equal(1, found.Variance[d] / expected.Variance[d], 1e-4);
            }
        Assert.NotEqual(Statistics(dense)[3].Variance[0], Statistics(mixture)[3].Variance[0], 1e-3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_layer_at_a_time_gives_the_same_bits(bool bias)
    {
        using var folder = new TemporaryFolder();
        using var dense = TinyModel.Dense();
        using var mixture = Split.Apply(dense, SplitTests.Plan(dense, 3, 1, 2, scale: 2));
        ModelFolder.Save(mixture, folder["mixture"], new SaveOptions { Type = TensorType.F32 });
        using var stored = StoredLayers.Open(folder["mixture"]);
        using var loaded = ModelFolder.Load(folder["mixture"]);
        var shape = bias ? DistributionAlignment.WithBiases(stored.Spec, Both) : stored.Spec;
        using var whole = ModelCopy.InShape(loaded.Model, shape);
        DistributionAlignment.Align(dense, whole, Data, Both, bias);

        using ModelLayers theirs = ModelLayers.Of(dense), ours = ModelLayers.Of(stored, owned: false);
        using var aligned = new AlignedLayers(stored, shape, DistributionAlignment.Measure(theirs, ours, bias ? shape : null, Data, Both));
        for (var l = 0; l < shape.Layers.Count; l++)
        {
            using var layer = aligned.Layer(l);
            foreach (var parameter in layer.Parameters.Where(p => ModelPieces.IsOfLayer(p.Name, out _, out _)))
                Assert.Equal(whole.Parameters.Single(p => ModelPieces.IsOfLayer(p.Name, out var number, out var name) && number == l && name == parameter.Name)
                    .Value.Span.ToArray(), parameter.Value.Span.ToArray());
        }
    }

    [Fact]
    public void Without_biases_the_variance_alone_is_matched_and_the_shape_stays()
    {
        using var dense = TinyModel.Dense();
        using var model = Split.Apply(dense, SplitTests.Plan(dense, 4, 0, 2, weight: CombineWeight.Raw));
        var shape = model.Spec;
        var done = DistributionAlignment.Align(dense, model, Data, [AlignedModule.FeedForward], bias: false);
        Assert.Equal([0, 1], done.Select(d => d.Layer));
        Assert.Equal(shape, model.Spec);
        var (expected, found) = (Statistics(dense), Statistics(model));
        foreach (var l in new[] { 1, 3 })
            Assert.All(expected[l].Variance.Zip(found[l].Variance), pair => Assert.Equal(1, pair.Second / pair.First, 1e-4));
        Assert.NotEqual(expected[1].Mean[0], found[1].Mean[0], 1e-3);
    }

    [Fact]
    public void Weights_that_sum_to_no_constant_take_no_bias()
    {
        using var dense = TinyModel.Dense();
        using var mixture = Split.Apply(dense, SplitTests.Plan(dense, 4, 0, 2, weight: CombineWeight.Raw));
        Assert.Contains("Layer 0", Assert.Throws<BadRequestException>(() => DistributionAlignment.WithBiases(mixture.Spec, Both)).Message, StringComparison.Ordinal);
    }

    // Attention and feed-forward of each layer, in order, from a recorded pass of the whole model.
    static List<ChannelStatistics> Statistics(Model model)
    {
        using var workspace = new Workspace();
        var outputs = Enumerable.Range(0, 2 * model.Blocks.Count).Select(_ => new List<Tensor>()).ToArray();
        var counted = new List<ReadOnlyMemory<bool>>();
        foreach (var (_, input) in DensePass.Over(Data, 5))
        {
            workspace.Begin(recording: true);
            counted.Add(input.Counted);
            var x = model.Embed(workspace, input);
            foreach (var (block, l) in model.Blocks.Select((b, l) => (b, l)))
            {
                var attention = block.Attention.Forward(workspace, block.AttentionInput(workspace, x), input, null);
                outputs[2 * l].Add(attention.Clone());
                x = workspace.Residual(x, attention);
                var feedForward = block.FeedForward.Forward(workspace, block.FeedForwardInput(workspace, x), input, null);
                outputs[(2 * l) + 1].Add(feedForward.Clone());
                x = workspace.Residual(x, feedForward);
            }
        }
        return [.. outputs.Select(o => ChannelStatistics.Of(o, counted))];
    }
}
