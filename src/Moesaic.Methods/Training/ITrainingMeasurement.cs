using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Training;

/// <summary>Something measured between steps of a training run and kept in its log.</summary>
interface ITrainingMeasurement
{
    /// <summary>Whether it is to be made now; false once the log holds it, so that one that was interrupted is due again.</summary>
    bool IsDue(Trainer trainer, TrainingLog log);

    /// <summary>Measures and adds to the log, at the very end, what came of it.</summary>
    void Measure(Trainer trainer, TrainingLog log, StepContext context);

    /// <summary>What it adds to the figures of the report; empty for what the log holds.</summary>
    IEnumerable<Figure> Figures => [];

    /// <summary>What it adds to the tables.</summary>
    IEnumerable<ReportTable> Tables => [];

    /// <summary>What it adds to the curves.</summary>
    IEnumerable<Curve> Curves => [];
}

/// <summary>When to measure: before the first step, after the last and every so many between.</summary>
static class MeasurementSchedule
{
    internal static bool Includes(Trainer trainer, int every) =>
        trainer.Step == 0 || trainer.Finished || (every > 0 && trainer.Step % every == 0);
}
