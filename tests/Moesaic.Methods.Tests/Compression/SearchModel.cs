using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Tests.Training;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Methods.Tests.Compression;

/// <summary>A model of four layers, the second dense, the others mixtures of five experts, and what it computes.</summary>
static class SearchModel
{
    public static readonly RouterSpec Router = new() { Experts = 5, Chosen = 2 };

    public static Model Make(RouterSpec? router = null)
    {
        var mixture = new LayerSpec(new AttentionSpec(2, 1, 8), new MixtureSpec(router ?? Router, [10, 10, 10, 10, 10], 6));
        var model = new Model(TinyRun.Spec() with { Layers = [mixture, new(new AttentionSpec(2, 1, 8), new DenseSpec(24)), mixture, mixture] });
        ModelInitialiser.Randomise(model, seed: 2, deviation: 0.4);
        return model;
    }

    public static ExpertSelection Keep(ModelSpec spec, IReadOnlyDictionary<int, int[]> kept) =>
        new([.. spec.Layers.Select((_, l) => new LayerSelection(l) { Experts = kept.GetValueOrDefault(l) })]);

    /// <summary>The residual stream before the feed-forward of a layer, or after the last one, of all counted tokens.</summary>
    public static List<float[]> Streams(ModelPieces pieces, int layer, bool output)
    {
        var rows = new List<float[]>();
        using var workspace = new Workspace();
        using var layers = ModelLayers.Of(pieces, owned: false);
        foreach (var (_, input) in DensePass.Over(TinyRun.Data(), 8))
        {
            workspace.Begin(recording: false);
            var x = layers.Embedding().Embed(workspace, input).Clone();
            for (var l = 0; l < layer; l++) x = Run(l, b => b.Forward(workspace, x, input, null));
            if (layer < pieces.Spec.Layers.Count)
                x = Run(layer, b =>
                {
                    var normed = b.FeedForwardInput(workspace, b.ForwardAttention(workspace, x, input));
                    return output ? b.FeedForward.Forward(workspace, normed, input, null) : normed;
                });
            for (var t = 0; t < x.Rows; t++)
                if (input.Counted.Span[t]) rows.Add(x.Row(t).ToArray());

            Tensor Run(int l, Func<Models.Layers.Block, Tensor> what)
            {
                workspace.Begin(recording: false);
                return what(layers.Layer(l, TinyRun.Length)).Clone();
            }
        }
        return rows;
    }

    public static double SquaredError(List<float[]> a, List<float[]> b) => a.Zip(b, (x, y) => x.Zip(y, (p, q) => ((double)p - q) * ((double)p - q)).Sum()).Sum();
}
