using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Steps;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Training;

/// <summary>The loss on text that is never learned, and what the routers decide on it.</summary>
sealed class HeldOutMeasurement(PackedDataset heldOut, int every) : ITrainingMeasurement
{
    public bool IsDue(Trainer trainer, TrainingLog log) =>
        MeasurementSchedule.Includes(trainer, every) && (log.HeldOut.Count == 0 || log.HeldOut[^1].Step < trainer.Step);

    public void Measure(Trainer trainer, TrainingLog log, StepContext context)
    {
        PerplexityResult result;
        using (var task = context.Progress.Begin("measure held-out text", heldOut.Blocks, "blocks"))
            result = Perplexity.Measure(trainer.Model, heldOut, progress: blocks => task.Report(blocks), cancellation: context.Cancellation);
        log.HeldOut.Add(new(trainer.Step, result.Loss));
        context.Progress.Measured($"step {trainer.Step}", [new Figure("held_out_loss", result.Loss, "nats"),
            .. RoutingReport.Figures(result.Routing), .. RoutingReport.AttentionFigures(result.AttentionRouting)]);
    }
}
