using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Construction.Importance;

/// <summary>
/// <see cref="GradientImportance"/> with one layer's weights in memory: forwards layer by layer, keeping what every layer read; then
/// the loss; then backwards layer by layer, each computed again from what it read. The bits are those of a tape over the whole model.
/// </summary>
static class LayerwiseImportance
{
    /// <summary>Measures all layers.</summary>
    /// <param name="model">Its layers.</param>
    /// <param name="data">The text.</param>
    /// <param name="clusters">Clusters of each layer; 0: nobody asks for this layer.</param>
    /// <param name="label">The cluster of each token.</param>
    /// <param name="options">What importance is.</param>
    /// <param name="spill">A file for what the layers read, [layers, T, D]; null: memory.</param>
    /// <param name="rowsPerPass">Blocks per pass. Default 4.</param>
    /// <param name="progress">Is told the number of layers done, forwards and backwards, or null.</param>
    /// <param name="cancellation">Stops between passes.</param>
    /// <returns>Per layer; null where nobody asked.</returns>
    /// <exception cref="BadModelException">The loss is not finite.</exception>
    public static LayerImportance?[] Measure(ModelLayers model, PackedDataset data, int[] clusters, TokenLabels label, ImportanceOptions? options,
        string? spill = null, int rowsPerPass = 4, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        var batches = DensePass.Over(data, rowsPerPass).ToArray();
        PassInput[] passes = [.. batches.Select(b => b.Input)];
        int layers = model.Spec.Layers.Count, first = Math.Max(0, Array.FindIndex(clusters, c => c > 0));
        using var workspace = new Workspace();
        using var kept = new HiddenStates(spill);
        var streams = LayerwisePass.Embed(model, passes, workspace);
        for (var l = 0; l < layers; l++)
        {
            var block = model.Layer(l, data.Length);
            for (var p = 0; p < passes.Length; p++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (l >= first) kept.Write(l, p, streams[p]);
                workspace.Begin(recording: false);
                LayerwisePass.Advance(workspace, block, ModelLayers.FeedForward(block, l), streams[p], passes[p], null);
            }
            progress?.Invoke(l + 1);
        }
        ToGradients(workspace, model, batches, streams, rowsPerPass * data.Length);

        var result = new LayerImportance?[layers];
        for (var l = layers - 1; l >= first; l--)
        {
            var block = model.Layer(l, data.Length);
            var layer = ModelLayers.FeedForward(block, l);
            var importance = clusters[l] > 0 ? result[l] = new LayerImportance(clusters[l], layer.Gate.Rows, options) : null;
            var documents = 0;
            for (var p = 0; p < passes.Length; p++)
            {
                cancellation.ThrowIfCancellationRequested();
                workspace.Begin(recording: true);
                var x = workspace.Rent(streams[p].Rows, streams[p].Columns);
                kept.Read(l, p, x);
                x.NeedsGradient = true;
                Backward(workspace, block, layer, x, passes[p], streams[p], (normed, neurons) =>
                    importance?.Add(neurons, neurons.Gradient!, label(l, normed, passes[p], documents), passes[p].Counted.Span));
                documents += passes[p].Segments.Length;
            }
            kept.Forget(l);
            progress?.Invoke((2 * layers) - l);
        }
        foreach (var stream in streams) stream.Dispose();
        return result;
    }

    // The residual stream after the last layer becomes the gradient of the loss with respect to it.
    static void ToGradients(Workspace workspace, ModelLayers model, (Batch Batch, PassInput Input)[] batches, Tensor[] streams, int most)
    {
        var head = model.Head();
        var ones = new float[most];
        Array.Fill(ones, 1f);
        for (var p = 0; p < batches.Length; p++)
        {
            workspace.Begin(recording: true);
            var x = workspace.Rent(streams[p].Rows, streams[p].Columns);
            streams[p].Span.CopyTo(x.Span);
            x.NeedsGradient = true;
            var hidden = workspace.RmsNorm(x, head["model.norm.weight"], model.Spec.NormEpsilon);
            foreach (var loss in workspace.CrossEntropy(hidden, head.Head, batches[p].Batch.Targets, ones).Span)
                if (!float.IsFinite(loss)) throw new BadModelException("The model's loss on the calibration text is not finite: the model is damaged.");
            workspace.Backward();
            x.Gradient!.Span.CopyTo(streams[p].Span);
        }
    }

    /// <summary>One pass back through one layer.</summary>
    /// <param name="workspace">Recording.</param>
    /// <param name="block">The layer.</param>
    /// <param name="layer">Its feed-forward.</param>
    /// <param name="x">What the layer read.</param>
    /// <param name="pass">The pass.</param>
    /// <param name="gradient">That of the layer's output; becomes that of <paramref name="x"/>.</param>
    /// <param name="seen">Is shown the feed-forward's input and its neurons, which have their gradient then.</param>
    static void Backward(Workspace workspace, Block block, DenseFeedForward layer, Tensor x, PassInput pass, Tensor gradient, Action<Tensor, Tensor> seen)
    {
        var y = block.ForwardAttention(workspace, x, pass);
        var normed = block.FeedForwardInput(workspace, y);
        var neurons = layer.Inner(workspace, normed);
        workspace.Record(neurons, () => seen(normed, neurons), inPlace: true);
        y = workspace.Residual(y, workspace.Linear(neurons, layer.Down));
        gradient.Span.CopyTo(workspace.AddedGradient(y)!.Span);
        workspace.Backward();
        x.Gradient!.Span.CopyTo(gradient.Span);
    }
}
