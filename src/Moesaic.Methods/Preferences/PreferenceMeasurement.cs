using Moesaic.Methods.Steps;
using Moesaic.Methods.Training;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Preferences;

/// <summary>Loss, accuracy and margin on pairs that are never learned.</summary>
/// <param name="heldOut">The pairs.</param>
/// <param name="objective">With the reference of these pairs.</param>
/// <param name="options">When, and how many blocks in a pass.</param>
sealed class PreferenceMeasurement(PackedDataset heldOut, PreferenceObjective objective, DpoStepOptions options) : ITrainingMeasurement
{
    public bool IsDue(Trainer trainer, TrainingLog log) =>
        MeasurementSchedule.Includes(trainer, options.EvaluateEvery) && (log.HeldOut.Count == 0 || log.HeldOut[^1].Step < trainer.Step);

    public void Measure(Trainer trainer, TrainingLog log, StepContext context)
    {
        var (sums, pairs, done) = (new LossSums(0, null, 0, 0), 0, 0);
        using (var task = context.Progress.Begin("measure held-out pairs", heldOut.Blocks, "blocks"))
        using (var workspace = new Workspace())
            foreach (var batch in BatchStream.Once(heldOut, options.RowsPerPass, padId: 0))
            {
                context.Cancellation.ThrowIfCancellationRequested();
                var rows = new BatchRows(batch, 0, batch.Rows);
                workspace.Begin(recording: false);
                sums += objective.Run(workspace, trainer.Model, trainer.Model.Hidden(workspace, rows.Input()), rows, weight: 0);
                pairs += objective.Count(batch);
                task.Report(done = Math.Min(heldOut.Blocks, done + batch.Rows));
            }
        var mean = sums / pairs;
        log.HeldOut.Add(new(trainer.Step, mean.Loss, mean.Accuracy, mean.Margin));
        context.Progress.Measured($"step {trainer.Step}", [new Figure("held_out_loss", mean.Loss, "nats"),
            new Figure("held_out_accuracy", mean.Accuracy!.Value), new Figure("held_out_margin", mean.Margin!.Value)]);
    }
}
