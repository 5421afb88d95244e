using Moesaic.Inference;
using Moesaic.Methods.Data;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Steps;
using Moesaic.Models.Loading;
using Moesaic.Text;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Training;

/// <summary>
/// The loss of every domain on its own held-out text and, with dynamic weights, the weights that follow from it. References and
/// weights are part of the log and so of the saved state.
/// </summary>
/// <param name="names">What the domains are called.</param>
/// <param name="heldOut">Their held-out texts; null where there is none.</param>
/// <param name="every">Steps between measurements besides those of <paramref name="dynamic"/>; 0: only before and after.</param>
/// <param name="dynamic">How the weights follow; null: they stay.</param>
/// <param name="tokenizer">The model's, which a reference model must share.</param>
sealed class DomainMeasurement(
    IReadOnlyList<string> names, IReadOnlyList<PackedDataset?> heldOut, int every, DynamicWeightsOptions? dynamic, ITokenizer tokenizer)
    : ITrainingMeasurement
{
    public bool IsDue(Trainer trainer, TrainingLog log) =>
        (MeasurementSchedule.Includes(trainer, every) || (dynamic is not null && trainer.Step % dynamic.Every == 0))
        && (log.Domains.Count == 0 || log.Domains[^1].Step < trainer.Step);

    public void Measure(Trainer trainer, TrainingLog log, StepContext context)
    {
        if (dynamic is not null && log.Reference.Count == 0) log.Reference.AddRange(Reference(context));
        var losses = Losses(trainer.Model, "measure the domains", context);
        context.Progress.Measured($"step {trainer.Step}, domains",
            [.. names.Zip(losses).Where(p => p.Second is not null).Select(p => new Figure($"held_out_loss_{p.First}", p.Second!.Value, "nats"))]);
        if (dynamic is not null && trainer.Step > 0 && trainer.Step % dynamic.Every == 0 && !trainer.Finished)
        {
            var weights = dynamic.Adapt(log.Weights[^1].Weights, [.. losses.Select(l => l!.Value)], log.Reference);
            log.Weights.Add(new DomainWeights(trainer.Step, weights));
            context.Progress.Measured($"step {trainer.Step}, weights", [.. names.Zip(weights, (name, weight) => new Figure($"weight_{name}", weight))]);
        }
        log.Domains.Add(new(trainer.Step, losses));
    }

    IEnumerable<double> Reference(StepContext context)
    {
        if (dynamic!.Reference is { } given) return names.Select(n => given[n]);
        ModelTokenizer.RequireSame(tokenizer, dynamic.ReferenceModel!);
        using var loaded = ModelFolder.Load(dynamic.ReferenceModel!, WeightStorage.Stored);
        return Losses(loaded.Model, "measure the reference model", context).Select(l => l!.Value);
    }

    double?[] Losses(Models.Model model, string title, StepContext context)
    {
        var losses = new double?[heldOut.Count];
        using var task = context.Progress.Begin(title, heldOut.Sum(h => h?.Blocks ?? 0), "blocks");
        var done = 0;
        for (var d = 0; d < losses.Length; d++)
        {
            if (heldOut[d] is not { } text) continue;
            var before = done;
            losses[d] = Perplexity.Measure(model, text, progress: blocks => task.Report(done = before + blocks), cancellation: context.Cancellation).Loss;
        }
        return losses;
    }
}
