using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Calibration;

/// <summary>Sees tokens pass a feed-forward; may overwrite what it is shown.</summary>
/// <param name="x">[T, D]: what the feed-forward reads.</param>
/// <param name="gate">[T, F]: x·gate.</param>
/// <param name="up">[T, F]: x·up.</param>
/// <param name="neurons">[T, F]: what the neurons hold, silu(gate) · up.</param>
/// <param name="counted">T flags; padding does not count.</param>
delegate void SeenTokens(Tensor x, Tensor gate, Tensor up, Tensor neurons, ReadOnlySpan<bool> counted);

/// <summary>
/// Calibration text through a dense model layer by layer: all tokens pass one layer before any passes the next, so that statistics that are
/// large (F² numbers) and weights that are read from disk are there for one layer only.
/// </summary>
static class LayerwisePass
{
    /// <summary>Runs all layers.</summary>
    /// <param name="model">Its layers.</param>
    /// <param name="data">The text; the residual stream of all its tokens is held, [T, D].</param>
    /// <param name="enter">Called before a layer; says who sees it, or null for nobody.</param>
    /// <param name="leave">Called after a layer, while its weights are still there.</param>
    /// <param name="rowsPerPass">Blocks per pass. Default 8.</param>
    /// <param name="cancellation">Stops between passes.</param>
    public static void Run(ModelLayers model, PackedDataset data, Func<int, DenseFeedForward, SeenTokens?> enter,
        Action<int, DenseFeedForward> leave, int rowsPerPass = 8, CancellationToken cancellation = default)
    {
        var passes = DensePass.Inputs(data, rowsPerPass);
        foreach (var stream in Run(model, data, passes, enter, leave, cancellation)) stream.Dispose();
    }

    /// <summary>Runs all layers.</summary>
    /// <returns>Per pass the residual stream after the last layer.</returns>
    public static Tensor[] Run(ModelLayers model, PackedDataset data, PassInput[] passes, Func<int, DenseFeedForward, SeenTokens?> enter,
        Action<int, DenseFeedForward> leave, CancellationToken cancellation)
    {
        using var workspace = new Workspace();
        var streams = Embed(model, passes, workspace);
        for (var l = 0; l < model.Spec.Layers.Count; l++)
        {
            var block = model.Layer(l, data.Length);
            var layer = ModelLayers.FeedForward(block, l);
            var seen = enter(l, layer);
            for (var p = 0; p < passes.Length; p++)
            {
                cancellation.ThrowIfCancellationRequested();
                workspace.Begin(recording: false);
                Advance(workspace, block, layer, streams[p], passes[p], seen);
            }
            leave(l, layer);
        }
        return streams;
    }

    /// <summary>What the first layer reads, per pass.</summary>
    public static Tensor[] Embed(ModelLayers model, PassInput[] passes, Workspace workspace)
    {
        var embedding = model.Embedding();
        return [.. passes.Select(pass =>
        {
            workspace.Begin(recording: false);
            return embedding.Embed(workspace, pass).Clone();
        })];
    }

    /// <summary>One pass through one layer; the stream is changed in place.</summary>
    public static void Advance(Workspace workspace, Block block, DenseFeedForward layer, Tensor stream, PassInput pass, SeenTokens? seen)
    {
        // Without recording, sums of the residual stream are written into the stream itself.
        var x = block.FeedForwardInput(workspace, block.ForwardAttention(workspace, stream, pass));
        var (gate, up) = workspace.Linear(x, layer.Gate, layer.Up);
        var neurons = workspace.SwiGlu(gate, up);
        Elementwise.Add(stream.Span, workspace.Linear(neurons, layer.Down).Span);
        seen?.Invoke(x, gate, up, neurons, pass.Counted.Span);
    }
}
