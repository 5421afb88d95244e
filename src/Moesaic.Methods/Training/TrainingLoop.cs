using System.Diagnostics;
using Moesaic.Formats;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training.Balance;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Training;

/// <summary>
/// Takes a trainer to its end and writes the model: measures between steps, saves what is needed to go on, and goes on from there
/// when it is started again.
/// </summary>
/// <param name="trainer">Fresh, on the model as the step received it.</param>
/// <param name="log">Filled; when a state was saved, with the history up to there first.</param>
/// <param name="options">When to save, and as what number type.</param>
/// <param name="tokensPerStep">Positions read by one step, for the progress.</param>
/// <param name="measurements">Made between steps in this order.</param>
/// <param name="context">Of the step.</param>
sealed class TrainingLoop(Trainer trainer, TrainingLog log, OptimisationOptions options, long tokensPerStep,
    IReadOnlyList<ITrainingMeasurement> measurements, StepContext context)
{
    const string LogKey = "log";

    readonly string state = StateOf(context);

    internal static string StateOf(StepContext context) => Path.Combine(context.WorkFolder, "state.safetensors");

    /// <summary>Tokens per second of the steps taken by <see cref="Run"/>, measurements included; null when it took none.</summary>
    public double? Rate { get; private set; }

    /// <summary>Trains and writes the model.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the state is saved.</exception>
    public SavedModel Run()
    {
        if (File.Exists(state)) Restore();
        else BalanceFile.Read(trainer.Balance, context.InputFolder, context.Progress.Note);
        var clock = Stopwatch.StartNew();
        var resumed = trainer.Step;
        try
        {
            Advance();
            if (resumed < trainer.Step)
                Rate = log.Steps.Skip(resumed).Sum(s => (double)s.Tokens) / Math.Max(1e-9, clock.Elapsed.TotalSeconds);
            return TrainedModel.Save(trainer, options, context);
        }
        catch (OperationCanceledException)
        {
            Save();
            throw;
        }
    }

    void Advance()
    {
        using var task = context.Progress.Begin("train", trainer.Options.Steps * tokensPerStep, "tokens", trainer.Step * tokensPerStep);
        var sinceSaved = Stopwatch.StartNew();
        while (true)
        {
            // A measurement that was interrupted is due again when the run goes on.
            foreach (var measurement in measurements.Where(m => m.IsDue(trainer, log))) measurement.Measure(trainer, log, context);
            if (trainer.Finished) return;
            context.Cancellation.ThrowIfCancellationRequested();
            if (sinceSaved.Elapsed.TotalMinutes >= options.SaveEvery)
            {
                Save();
                sinceSaved.Restart();
            }
            var step = trainer.Advance();
            log.Steps.Add(step);
            log.AddObjectives(trainer.Objectives, step.Step, trainer.Options.Steps);
            task.Report(step.Step * tokensPerStep, new Figure("loss", step.Loss, "nats"), new Figure("learning_rate", step.LearningRate));
        }
    }

    void Save() => TrainingState.Save(state, trainer, new Dictionary<string, string> { [LogKey] = log.ToJson() });

    void Restore()
    {
        var json = TrainingState.Restore(state, trainer).GetValueOrDefault(LogKey);
        if ((json is null ? null : TrainingLog.FromJson(json)) is not { } earlier || earlier.Steps.Count != trainer.Step)
            throw new BadModelException(
                $"{state}: the log of {trainer.Step} training steps is missing or damaged in the metadata, so that the report would not be true. " +
                $"Delete the folder {context.WorkFolder} and run again.");
        log.Restore(earlier);
    }
}
