using Moesaic.Methods.Calibration;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Layers;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Evaluation;

/// <summary>
/// <see cref="Perplexity"/> with one layer of the model in memory: all tokens pass one layer before any passes the next. The same bits.
/// </summary>
static class LayerwisePerplexity
{
    /// <summary>Measures a model on disk; null when there is no text.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="data">Packed windows, or null.</param>
    /// <param name="cancellation">Stops between passes.</param>
    public static PerplexityResult? Measure(string folder, PackedDataset? data, CancellationToken cancellation)
    {
        if (data is null) return null;
        using var layers = ModelLayers.Open(folder);
        return Measure(layers, data, cancellation: cancellation);
    }

    /// <summary>Measures a model.</summary>
    /// <param name="model">Its layers, dense or mixtures.</param>
    /// <param name="data">Packed windows; the residual stream of all their tokens is held, [T, D].</param>
    /// <param name="rows">Blocks per pass. Default 8.</param>
    /// <param name="cancellation">Stops between passes.</param>
    public static PerplexityResult Measure(ModelLayers model, PackedDataset data, int rows = 8, CancellationToken cancellation = default) =>
        Measure(model, [.. BatchStream.Once(data, rows, padId: 0)], data.Length, cancellation);

    /// <summary>Measures a model.</summary>
    /// <param name="model">Its layers, dense or mixtures.</param>
    /// <param name="batches">The text; the residual stream of all its tokens is held, [T, D].</param>
    /// <param name="length">Tokens of the longest block.</param>
    /// <param name="cancellation">Stops between passes.</param>
    public static PerplexityResult Measure(ModelLayers model, Batch[] batches, int length, CancellationToken cancellation)
    {
        PassInput[] passes = [.. batches.Select(b => PassInputs.Of(b, 0, b.Rows))];
        using var workspace = new Workspace();
        var streams = LayerwisePass.Embed(model, passes, workspace);
        try
        {
            List<RoutingStatistics> routing = [], attention = [];
            for (var l = 0; l < model.Spec.Layers.Count; l++)
                Advance(workspace, model.Layer(l, length), streams, passes, routing, attention, cancellation);
            return new PerplexityResult(Loss(workspace, model, streams, batches), batches.Sum(b => (long)b.TargetCount), routing) { AttentionRouting = attention };
        }
        finally
        {
            foreach (var stream in streams) stream.Dispose();
        }
    }

    static void Advance(Workspace workspace, Block block, Tensor[] streams, PassInput[] passes, List<RoutingStatistics> routing,
        List<RoutingStatistics> attention, CancellationToken cancellation)
    {
        var ofTokens = block.FeedForward is MixtureFeedForward mixture ? new RoutingStatistics(mixture.Router.Spec.Experts) : null;
        var ofHeads = block.Attention is ExpertAttention heads ? new RoutingStatistics(heads.Router.Spec.Experts) : null;
        if (ofTokens is not null) routing.Add(ofTokens);
        if (ofHeads is not null) attention.Add(ofHeads);
        for (var p = 0; p < passes.Length; p++)
        {
            cancellation.ThrowIfCancellationRequested();
            workspace.Begin(recording: false);
            block.Forward(workspace, streams[p], passes[p], ofTokens, ofHeads).Span.CopyTo(streams[p].Span);
        }
    }

    static double Loss(Workspace workspace, ModelLayers model, Tensor[] streams, Batch[] batches)
    {
        var head = model.Head();
        double sum = 0;
        for (var p = 0; p < batches.Length; p++)
        {
            workspace.Begin(recording: false);
            var hidden = workspace.RmsNorm(streams[p], head["model.norm.weight"], model.Spec.NormEpsilon);
            foreach (var loss in workspace.CrossEntropy(hidden, head.Head, batches[p].Targets, []).Span) sum += loss;
        }
        return sum / batches.Sum(b => (long)b.TargetCount);
    }
}
