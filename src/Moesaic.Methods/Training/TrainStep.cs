using System.Diagnostics;
using Moesaic.Formats;
using Moesaic.Methods.Data;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Architectures;
using Moesaic.Models.Loading;
using Moesaic.Text;
using Moesaic.Text.Chat;
using Moesaic.Text.Corpora;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Training;

/// <summary>The step "train": reads a checkpoint, trains it, writes it in the layout that fits.</summary>
/// <param name="options">What and how.</param>
public sealed class TrainStep(TrainStepOptions options) : IStep
{
    const string StateFile = "state.safetensors", LogKey = "log";

    /// <inheritdoc/>
    public bool WritesModel => true;

    /// <inheritdoc/>
    public StepPlan Plan(PlanContext context)
    {
        var config = HfConfig.From(context.Model.Config);
        var spec = ArchitectureRegistry.Of(config).ReadSpec(config);
        if (options.Context > spec.MaxPositions)
            throw new BadRequestException($"A context of {options.Context} tokens is longer than the model's {spec.MaxPositions}.");
        options.ToTrainingOptions().Check(spec);
        var parameters = ParameterCounts.Of(spec);
        var tokens = (long)options.Steps() * options.Batch * options.Context;
        return new StepPlan
        {
            Summary = $"{tokens:N0} tokens in {options.Steps():N0} steps of {options.Batch} x {options.Context}, " +
                $"{(options.Roles is null ? "all parameters" : string.Join(", ", options.Roles))}",
            Inputs = [.. options.Data.Select((d, i) => TextData.Input($"data[{i}]", d)),
                .. options.HeldOut is { } held ? [TextData.Input("held_out", held)] : Array.Empty<StepInput>()],
            ReadBytes = context.Model.WeightBytes,
            PeakMemoryBytes = TrainingCost.PeakBytes(spec, parameters.Total, Math.Min(options.RowsPerPass, options.Batch) * options.Context),
            Seconds = TrainingCost.Seconds(parameters.Active, tokens, context.Threads),
            OutputBytes = parameters.Total * (options.Type.ByteSize() + (3 * sizeof(float))),
            Notes = options.HeldOut is null ? ["no held_out data: the report will not say what training did to text the model has not seen"] : [],
        };
    }

    /// <inheritdoc/>
    public StepReport Run(StepContext context)
    {
        using var loaded = ModelFolder.Load(context.InputFolder);
        foreach (var note in loaded.Notes) context.Progress.Note(note);
        var model = loaded.Model;
        var tokenizer = ModelTokenizer.Load(context.InputFolder, model.Spec);
        var notes = new List<string>();
        var template = ChatTemplate.Find(context.InputFolder);
        var data = ReadData(tokenizer, template, context, notes);
        var heldOut = options.HeldOut is { } held
            ? Perplexity.Read(held, tokenizer, options.Context, options.Context, context.Seed, notes, template, context.Cancellation) : null;

        using var trainer = new Trainer(model, new BatchStream(data, options.Batch, context.Seed, tokenizer.PadId ?? 0), options.ToTrainingOptions());
        var log = new TrainingLog();
        var state = Path.Combine(context.WorkFolder, StateFile);
        if (File.Exists(state)) log = Restore(state, trainer, context.WorkFolder);

        var clock = Stopwatch.StartNew();
        var resumed = trainer.Step;
        try
        {
            Advance(trainer, log, heldOut, state, context);
            var rate = log.Steps.Skip(resumed).Sum(s => (double)s.Tokens) / Math.Max(1e-9, clock.Elapsed.TotalSeconds);
            var saved = ModelFolder.Save(model, context.OutputFolder,
                new SaveOptions { Type = options.Type, SideFilesFrom = context.InputFolder }, context.Cancellation);
            return Report(trainer, log, saved, resumed < trainer.Step ? rate : null, notes);
        }
        catch (OperationCanceledException)
        {
            Save(state, trainer, log);
            throw;
        }
    }

    static void Save(string state, Trainer trainer, TrainingLog log) =>
        TrainingState.Save(state, trainer, new Dictionary<string, string> { [LogKey] = log.ToJson() });

    static TrainingLog Restore(string state, Trainer trainer, string folder)
    {
        var json = TrainingState.Restore(state, trainer).GetValueOrDefault(LogKey);
        var log = json is null ? null : TrainingLog.FromJson(json);
        return log is not null && log.Steps.Count == trainer.Step ? log : throw new BadModelException(
            $"{state}: the log of {trainer.Step} training steps is missing or damaged in the metadata, so that the report would not be true. " +
            $"Delete the folder {folder} and run again.");
    }

    PackedDataset ReadData(ITokenizer tokenizer, ChatTemplate? template, StepContext context, List<string> notes)
    {
        var samples = new List<TokenizedSample>();
        foreach (var source in options.Data)
        {
            var read = TextData.Read(source, CorpusSplit.Train, tokenizer, context.Seed, template, context.Cancellation);
            samples.AddRange(read.Samples);
            notes.AddRange(read.Notes);
        }
        var data = PackedDataset.Pack(samples, options.Context);
        var epochs = (double)options.Steps() * options.Batch / data.Blocks;
        notes.Add($"{data.Report.Tokens:N0} training tokens in {data.Blocks:N0} blocks ({data.Report.CutSamples:N0} documents cut), read {epochs:F2} times");
        return data;
    }

    void Advance(Trainer trainer, TrainingLog log, PackedDataset? heldOut, string state, StepContext context)
    {
        var perStep = (long)options.Batch * options.Context;
        using var task = context.Progress.Begin("train", trainer.Options.Steps * perStep, "tokens", trainer.Step * perStep);
        var sinceSaved = Stopwatch.StartNew();
        while (true)
        {
            // A measurement that was interrupted is due again when the run goes on.
            if (heldOut is not null && IsDue(trainer, log)) Measure(trainer, log, heldOut, context);
            if (trainer.Finished) return;
            context.Cancellation.ThrowIfCancellationRequested();
            if (sinceSaved.Elapsed.TotalMinutes >= options.SaveEvery)
            {
                Save(state, trainer, log);
                sinceSaved.Restart();
            }
            var step = trainer.Advance();
            log.Steps.Add(step);
            task.Report(step.Step * perStep, new Figure("loss", step.Loss, "nats"), new Figure("learning_rate", step.LearningRate));
        }
    }

    bool IsDue(Trainer trainer, TrainingLog log) =>
        (trainer.Step == 0 || trainer.Finished || (options.EvaluateEvery > 0 && trainer.Step % options.EvaluateEvery == 0))
        && (log.HeldOut.Count == 0 || log.HeldOut[^1].Step < trainer.Step);

    static void Measure(Trainer trainer, TrainingLog log, PackedDataset heldOut, StepContext context)
    {
        PerplexityResult result;
        using (var task = context.Progress.Begin("measure held-out text", heldOut.Blocks, "blocks"))
            result = Perplexity.Measure(trainer.Model, heldOut, progress: blocks => task.Report(blocks), cancellation: context.Cancellation);
        log.HeldOut.Add(new(trainer.Step, result.Loss));
        context.Progress.Measured($"step {trainer.Step}", [new Figure("held_out_loss", result.Loss, "nats"),
            .. RoutingReport.Figures(trainer.Routing)]);
        foreach (var routing in trainer.Routing) routing.Clear();
    }

    StepReport Report(Trainer trainer, TrainingLog log, SavedModel saved, double? rate, List<string> notes)
    {
        var figures = new List<Figure>
        {
            new("training_loss_first", log.Steps[0].Loss, "nats"),
            new("training_loss_last", log.Steps.TakeLast(Math.Max(1, log.Steps.Count / 20)).Average(s => s.Loss), "nats"),
        };
        if (log.HeldOut.Count > 0)
        {
            figures.Add(new Figure("held_out_loss_before", log.HeldOut[0].Loss, "nats"));
            figures.Add(new Figure("held_out_loss", log.HeldOut[^1].Loss, "nats"));
            figures.Add(new Figure("held_out_perplexity", Math.Exp(log.HeldOut[^1].Loss)));
        }
        figures.Add(new Figure("tokens", log.Steps.Sum(s => (double)s.Tokens), "tokens"));
        if (rate is { } r) figures.Add(new Figure("training_speed", r, "tokens/s"));
        figures.Add(new Figure("weight_bytes", saved.WeightBytes, "bytes"));
        notes.AddRange(saved.Refused.Select(reason => $"layout {saved.Architecture.ModelType}: {reason}"));
        return new StepReport
        {
            Summary = $"Trained on {log.Steps.Sum(s => (long)s.Tokens):N0} tokens in {log.Steps.Count:N0} steps.",
            Figures = figures,
            Tables = [log.ToTable()],
            Notes = notes,
        };
    }
}
