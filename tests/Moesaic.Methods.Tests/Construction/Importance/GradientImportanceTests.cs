using Moesaic.Methods.Calibration;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Importance;
using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Construction.Importance;

public sealed class GradientImportanceTests
{
    /// <summary>|h · ∂L/∂h| against a difference quotient: the neuron of one token is moved a little.</summary>
    [Fact]
    public void It_is_the_change_of_the_loss()
    {
        using var model = TinyModel.Dense(inner: 6);
        int[] tokens = TinyModel.Tokens(7);
        var data = PackedDataset.Pack([new TokenizedSample(tokens, null)], length: 8);     // two positions of padding
        Tensor[] routers = [new(2, 16), new(2, 16)];
        ModelInitialiser.FillNormal(routers[0].Span, new Random(1), 1);
        ModelInitialiser.FillNormal(routers[1].Span, new Random(2), 1);
        var measured = GradientImportance.Measure(model, data, routers);

        for (var layer = 0; layer < 2; layer++)
        {
            var (labels, h) = Look(model, tokens, routers, layer);
            Assert.Equal(6, measured[layer].Tokens.Sum());
            for (var c = 0; c < 2; c++)
                for (var j = 0; j < 6; j++)
                {
                    double expected = 0;
                    for (var t = 0; t < 6; t++)
                        if (labels[t] == c)
                        {
                            var step = 0.02f;
                            var slope = (Loss(model, tokens, layer, t, j, step) - Loss(model, tokens, layer, t, j, -step)) / (2 * step);
                            expected += Math.Abs(h[(t * 6) + j] * slope);
                        }
                    expected /= Math.Max(1, labels.Count(l => l == c));
                    Assert.InRange(measured[layer].Mean[c][j], expected - 1e-4 - (expected * 0.01), expected + 1e-4 + (expected * 0.01));
                }
        }
    }

    static (int[] Labels, float[] Neurons) Look(Model model, int[] tokens, Tensor[] routers, int wanted)
    {
        var result = (Array.Empty<int>(), Array.Empty<float>());
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        DensePass.Run(workspace, model, PassInput.Sequence(tokens[..^1]), (layer, x, neurons, _) =>
        {
            if (layer == wanted) result = (GradientImportance.Labels(x, routers[layer]), neurons.Span.ToArray());
        });
        return result;
    }

    static double Loss(Model model, int[] tokens, int wanted, int token, int neuron, float change)
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var hidden = DensePass.Run(workspace, model, PassInput.Sequence(tokens[..^1]), (layer, _, neurons, _) =>
        {
            if (layer == wanted) neurons.Row(token)[neuron] += change;
        });
        double sum = 0;
        foreach (var loss in workspace.CrossEntropy(hidden, model.Head, tokens.AsSpan(1), []).Span) sum += loss;
        return sum;
    }

    [Fact]
    public void The_taps_change_nothing()
    {
        using var model = TinyModel.Dense();
        var tokens = TinyModel.Tokens(9);
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var hidden = DensePass.Run(workspace, model, PassInput.Sequence(tokens), (_, _, _, _) => { });
        Assert.Equal(TinyModel.Logits(model, tokens), model.Logits(workspace, hidden).Span.ToArray());
    }
}
