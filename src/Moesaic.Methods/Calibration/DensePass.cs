using Moesaic.Formats;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Calibration;

/// <summary>Sees a layer's feed-forward while a dense model runs.</summary>
/// <param name="layer">Number of the layer.</param>
/// <param name="input">[T, D]: what the feed-forward (and a router in its place) reads.</param>
/// <param name="neurons">[T, F]: what its neurons hold, silu(gate) · up.</param>
/// <param name="counted">T flags; padding does not count.</param>
delegate void FeedForwardTap(int layer, Tensor input, Tensor neurons, ReadOnlyMemory<bool> counted);

/// <summary>Runs a dense model block by block and shows every feed-forward: the one pass that calibration rests on.</summary>
static class DensePass
{
    /// <summary>Runs one pass up to the last norm.</summary>
    /// <param name="workspace">Begun; when recording, gradients flow to the activations alone.</param>
    /// <param name="model">All layers dense; no parameter needs a gradient.</param>
    /// <param name="input">Tokens.</param>
    /// <param name="tap">Called for every layer, in order.</param>
    /// <returns>[T, D].</returns>
    public static Tensor Run(Workspace workspace, Model model, PassInput input, FeedForwardTap tap)
    {
        var x = model.Embed(workspace, input);
        x.NeedsGradient = workspace.Recording;
        for (var l = 0; l < model.Blocks.Count; l++)
        {
            var (block, layer) = (model.Blocks[l], Dense(model, l));
            x = block.ForwardAttention(workspace, x, input);
            using (workspace.OpenScope())
            {
                var normed = block.FeedForwardInput(workspace, x);
                var neurons = layer.Inner(workspace, normed);
                tap(l, normed, neurons, input.Counted);
                x = workspace.Residual(x, workspace.Linear(neurons, layer.Down));
            }
        }
        return workspace.RmsNorm(x, model["model.norm.weight"], model.Spec.NormEpsilon);
    }

    /// <summary>The passes over a dataset: every block once.</summary>
    /// <param name="data">The blocks.</param>
    /// <param name="rows">Blocks per pass.</param>
    public static IEnumerable<(Batch Batch, PassInput Input)> Over(PackedDataset data, int rows) =>
        BatchStream.Once(data, rows, padId: 0).Select(batch => (batch, PassInputs.Of(batch, 0, batch.Rows)));

    /// <summary>The passes over a dataset, all of them.</summary>
    /// <param name="data">The blocks.</param>
    /// <param name="rows">Blocks per pass.</param>
    /// <param name="uncounted">Tokens that do not count, beside padding; null for none.</param>
    public static PassInput[] Inputs(PackedDataset data, int rows, IReadOnlySet<int>? uncounted = null)
    {
        PassInput[] passes = [.. Over(data, rows).Select(p => p.Input)];
        if (uncounted is null) return passes;
        foreach (var pass in passes)
        {
            var counted = pass.Counted.ToArray();
            for (var t = 0; t < counted.Length; t++) counted[t] &= !uncounted.Contains(pass.Tokens.Span[t]);
            pass.Counted = counted;
        }
        return passes;
    }

    /// <summary>The dense feed-forward of a layer.</summary>
    /// <exception cref="BadModelException">The layer is a mixture.</exception>
    public static DenseFeedForward Dense(Model model, int layer) => model.Blocks[layer].FeedForward as DenseFeedForward
        ?? throw new BadModelException($"Layer {layer} is a mixture of experts already; this needs a dense model.");
}
