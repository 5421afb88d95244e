using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Moesaic.Formats;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Preferences;

/// <summary>
/// Log-probabilities of all answers by the model as it is before training: computed once, block by block, and kept in a file from
/// which an interrupted pass goes on. No second model is held.
/// </summary>
static partial class ReferencePass
{
    /// <summary>Computes, or reads what was computed before.</summary>
    /// <param name="model">The reference; not changed.</param>
    /// <param name="data">Its samples are numbered as they were packed.</param>
    /// <param name="name">Of the file, and for messages.</param>
    /// <param name="rowsPerPass">Blocks in a pass.</param>
    /// <param name="saveEvery">Minutes between savings.</param>
    /// <param name="context">Of the step.</param>
    /// <returns>For every sample the sum over its counted tokens, nats; 0 for samples that were left out.</returns>
    public static double[] Run(Model model, PackedDataset data, string name, int rowsPerPass, double saveEvery, StepContext context)
    {
        var path = Path.Combine(context.WorkFolder, name + ".json");
        var done = Load(path, data, context) ?? new Progress(0, new double[data.Report.Samples]);
        var clock = Stopwatch.StartNew();
        using var task = context.Progress.Begin($"measure the {name}", data.Blocks, "blocks", done.Blocks);
        using var workspace = new Workspace();
        while (done.Blocks < data.Blocks)
        {
            if (context.Cancellation.IsCancellationRequested || clock.Elapsed.TotalMinutes >= saveEvery)
            {
                Save(path, done);
                context.Cancellation.ThrowIfCancellationRequested();
                clock.Restart();
            }
            var rows = Math.Min(rowsPerPass, data.Blocks - done.Blocks);
            var pass = new BatchRows(data.Batch([.. Enumerable.Range(done.Blocks, rows)], padId: 0), 0, rows);
            workspace.Begin(recording: false);
            var losses = workspace.TokenLosses(model.Hidden(workspace, pass.Input()), model.Head, pass.Targets);
            foreach (var score in AnswerScore.Of(pass, losses.Span)) done.Sums[score.Source] = score.LogProbability;
            done = done with { Blocks = done.Blocks + rows };
            task.Report(done.Blocks);
        }
        Save(path, done);
        return done.Sums;
    }

    static void Save(string path, Progress done) => AtomicFile.WriteText(path, JsonSerializer.Serialize(done, ProgressContext.Default.Progress));

    static Progress? Load(string path, PackedDataset data, StepContext context)
    {
        if (!File.Exists(path)) return null;
        try
        {
            if (JsonSerializer.Deserialize(File.ReadAllText(path), ProgressContext.Default.Progress) is { Sums: { } sums } done
                && sums.Length == data.Report.Samples && done.Blocks >= 0 && done.Blocks <= data.Blocks) return done;
        }
        catch (JsonException)
        {
            // Said below.
        }
        throw new BadModelException($"{path}: no log-probabilities of these pairs; the file is damaged. Delete the folder {context.WorkFolder} and run again.");
    }

    /// <summary>How far the pass is.</summary>
    /// <param name="Blocks">Blocks done.</param>
    /// <param name="Sums">One a sample.</param>
    internal sealed record Progress(int Blocks, double[] Sums);

    // What overflowed is refused by the trainer, not by the writer of the file.
    [JsonSourceGenerationOptions(NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
    [JsonSerializable(typeof(Progress))]
    sealed partial class ProgressContext : JsonSerializerContext;
}
