using Moesaic.Methods.Progress;
using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Calibration;

/// <summary>
/// The one pass that statistics come from: all tokens go through a layer before any goes through the next, with one layer of the model in
/// memory. The same bits whatever the number of threads, and whether it was interrupted or not.
/// </summary>
/// <param name="model">Its layers.</param>
/// <param name="options">How.</param>
public sealed class Calibrator(ModelLayers model, CalibrationOptions options)
{
    /// <summary>What counts where the layers are done in order.</summary>
    public IProgressReporter Progress { get; init; } = SilentProgress.Instance;

    /// <summary>Ids of tokens that do not count, unless the options say that they do.</summary>
    public IReadOnlySet<int> SpecialIds { get; init; } = new HashSet<int>();

    /// <summary>Where finished layers are kept, so that the next run goes on after them; null: nowhere.</summary>
    public string? Journal { get; init; }

    /// <summary>Stops between passes; finished layers stay in the journal.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Runs the text.</summary>
    /// <param name="data">The text.</param>
    /// <param name="modelFingerprint">See <see cref="CalibrationSource.OfModel"/>.</param>
    /// <param name="provenance">Where the text comes from, for people.</param>
    public CalibrationStatistics Run(PackedDataset data, string modelFingerprint, IReadOnlyList<string>? provenance = null)
    {
        var passes = DensePass.Inputs(data, options.RowsPerPass, options.SpecialTokens ? null : SpecialIds);
        var source = new CalibrationSource
        {
            Model = modelFingerprint, Data = CalibrationSource.OfData(passes), Tool = Reports.RunEnvironment.ToolVersion, Options = options,
        };
        var (layers, similarity) = Layers(passes, data.Length, new LayerJournal(Journal, source.Fingerprint));
        return new CalibrationStatistics
        {
            Source = source, Tokens = passes.Sum(p => (long)p.Counted.Span.Count(true)), Provenance = provenance ?? [], Layers = layers, Similarity = similarity,
        };
    }

    (IReadOnlyList<LayerStatistics> Layers, double[,] Similarity) Layers(PassInput[] passes, int length, LayerJournal journal)
    {
        var count = model.Spec.Layers.Count;
        var sample = new TokenSample(passes, options.SimilarityTokens);
        using var workspace = new Workspace();
        using var boundaries = new BoundarySamples(count + 1, sample.Rows, model.Spec.Width);
        var layers = journal.Read(count, boundaries);
        var onDisk = options.HiddenStates == StreamPlace.Disk && Journal is not null;
        using var task = Progress.Begin("calibrate layers", count, "layers", onDisk ? layers.Count : 0);
        if (layers.Count > 0) Progress.Note($"{layers.Count} of {count} layers were calibrated before");
        using ResidualStreams streams = onDisk
            ? new FiledStreams(Journal!, layers.Count, [.. passes.Select(p => p.Tokens.Length)], model.Spec.Width) : new HeldStreams(passes.Length);
        if (!onDisk || layers.Count == 0) Embed(passes, workspace, streams);
        for (var l = onDisk ? layers.Count : 0; l < count; l++)
        {
            var block = model.Layer(l, length);
            var collector = l < layers.Count ? null : new LayerCollector(block, model.Spec.Width, options.Rows);
            for (var p = 0; p < passes.Length; p++)
            {
                Cancellation.ThrowIfCancellationRequested();
                workspace.Begin(recording: false);
                var x = streams.Open(p);
                if (collector is not null) sample.Take(p, x, boundaries[l]);
                streams.Close(p, collector?.Run(workspace, x, passes[p]) ?? block.Forward(workspace, x, passes[p], null));
                task.Report(l + ((p + 1.0) / passes.Length));
            }
            streams.EndLayer();
            if (collector is null) continue;
            layers.Add(collector.Result.Checked(l));
            journal.Write(l, layers[l], boundaries[l]);
        }
        for (var p = 0; p < passes.Length; p++) sample.Take(p, streams.Open(p), boundaries[count]);
        return (layers, boundaries.Cosines());
    }

    void Embed(PassInput[] passes, Workspace workspace, ResidualStreams streams)
    {
        var embedding = model.Embedding();
        for (var p = 0; p < passes.Length; p++)
        {
            workspace.Begin(recording: false);
            streams.Begin(p, embedding.Embed(workspace, passes[p]));
        }
    }
}
