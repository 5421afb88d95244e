using Moesaic.Kernels;
using Moesaic.Methods.Calibration;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Moesaic.Methods.Construction.Scales;

/// <summary>
/// LLaMA-MoE v1's layer-wise scales: layer by layer, with the layers before it scaled, s = (|x|/|y|) of the mixture over (|x|/|y|) of the
/// dense model, where |x| is the mean absolute value of the residual stream that the feed-forward adds to and |y| that of what it adds,
/// at scale 1. The mixture then adds as much, relative to its stream, as its parent does, whatever the direction.
/// </summary>
public static class ResidualRatio
{
    /// <summary>Measures all mixture layers. Holds two arrays [T, D] over all calibration tokens.</summary>
    /// <param name="dense">The source.</param>
    /// <param name="mixture">Split from it, without shared experts; the scale it has makes no difference.</param>
    /// <param name="data">Calibration text.</param>
    /// <param name="rowsPerPass">Blocks per pass. Default 8.</param>
    /// <param name="progress">Is told the number of layers done, or null.</param>
    /// <param name="cancellation">Stops between passes.</param>
    /// <returns>A scale for each mixture layer, in order.</returns>
    public static IReadOnlyList<double> Measure(Model dense, Model mixture, PackedDataset data, int rowsPerPass = 8,
        Action<int>? progress = null, CancellationToken cancellation = default) =>
        Measure(ModelLayers.Of(dense), ModelLayers.Of(mixture), data, rowsPerPass, progress, cancellation);

    /// <summary>The same with a layer of each in memory.</summary>
    internal static IReadOnlyList<double> Measure(ModelLayers dense, ModelLayers mixture, PackedDataset data, int rowsPerPass = 8,
        Action<int>? progress = null, CancellationToken cancellation = default)
    {
        var passes = DensePass.Inputs(data, rowsPerPass);
        using var workspace = new Workspace();
        Tensor[] ours = LayerwisePass.Embed(mixture, passes, workspace), theirs = [.. ours.Select(t => t.Clone())];
        var scales = new List<double>();
        for (var l = 0; l < mixture.Spec.Layers.Count; l++)
        {
            cancellation.ThrowIfCancellationRequested();
            double scale = 1;
            var there = Run(workspace, dense.Layer(l, data.Length), theirs, passes, _ => 1);
            var block = mixture.Layer(l, data.Length);
            Run(workspace, block, ours, passes, ratio => scale = block.FeedForward is MixtureFeedForward ? ratio / there : 1);
            // Both ratios are of the layer with the scale it has.
            if (block.FeedForward is MixtureFeedForward { Router.Spec.Scale: var present }) scales.Add(scale * present);
            progress?.Invoke(l + 1);
        }
        foreach (var stream in ours.Concat(theirs)) stream.Dispose();
        return scales;
    }

    /// <summary>Takes the streams through a layer, whose feed-forward's output is multiplied by a factor that may depend on |x|/|y|.</summary>
    static double Run(Workspace workspace, Block block, Tensor[] streams, PassInput[] passes, Func<double, double> factor)
    {
        double stream = 0, output = 0;
        var added = new Tensor[passes.Length];
        for (var p = 0; p < passes.Length; p++)
        {
            workspace.Begin(recording: false);
            // Without recording, sums of the residual stream are written into the stream itself.
            var x = block.FeedForwardInput(workspace, block.ForwardAttention(workspace, streams[p], passes[p]));
            added[p] = block.FeedForward.Forward(workspace, x, passes[p], null).Clone();
            for (var t = 0; t < x.Rows; t++)
            {
                if (!passes[p].Counted.Span[t]) continue;
                stream += TensorPrimitives.SumOfMagnitudes<float>(streams[p].Row(t));
                output += TensorPrimitives.SumOfMagnitudes<float>(added[p].Row(t));
            }
        }
        var (ratio, times) = (stream / output, (float)factor(stream / output));
        for (var p = 0; p < passes.Length; p++)
        {
            Elementwise.AddScaled(streams[p].Span, added[p].Span, times);
            added[p].Dispose();
        }
        return ratio;
    }
}
