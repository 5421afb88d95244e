using System.Globalization;
using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Methods.Data;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training;
using Moesaic.Methods.Training.Balance;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Text.Chat;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Preferences;

/// <summary>The step "dpo": trains a checkpoint on preference pairs, with itself as it was as the reference.</summary>
/// <param name="options">What and how.</param>
public sealed class DpoStep(DpoStepOptions options) : IStep
{
    /// <inheritdoc/>
    public bool WritesModel => true;

    /// <inheritdoc/>
    public StepPlan Plan(PlanContext context)
    {
        var spec = context.Shape(options.Context);
        options.ToTrainingOptions(1).Check(spec);
        if (spec.Routers.Any(r => r.Router.Key == RouterKey.Task))
            throw new BadRequestException("The routers of this model decide by task, and preference pairs have none; extract the task first and train that.");
        var parameters = ParameterCounts.Of(spec, training: true);
        // Without the tokenizer: three characters a token, the prompt once for each answer.
        var (pairs, characters) = (0L, 0L);
        foreach (var pair in options.Data.SelectMany(path => PreferenceReader.Read(path, new DatasetReport())))
        {
            pairs++;
            characters += (2 * pair.Prompt.Sum(m => m.Content?.Length ?? 0)) + (pair.Chosen.Content?.Length ?? 0) + (pair.Rejected.Content?.Length ?? 0);
        }
        var share = options.Pairs is { } most && most < pairs ? (double)most / pairs : 1;
        var tokens = (long)(share * characters / 3);
        var memory = TrainingMemory.Of(spec, options, context.Model, 2L * Math.Min(options.RowsPerPass, options.Batch) * options.Context);
        List<StepInput> inputs = [.. options.Data.Select((path, i) => new StepInput($"data[{i}]", path))];
        if (options.HeldOut is { } heldOut) inputs.Add(new("held_out", heldOut));
        return new StepPlan
        {
            Summary = $"about {tokens:N0} tokens of {(long)(share * pairs):N0} preference pairs, read {options.Epochs:0.##} times, beta {options.Beta:0.###}, " +
                options.Trained,
            Inputs = inputs,
            ReadBytes = context.Model.WeightBytes,
            PeakMemoryBytes = memory.Total,
            // The reference pass is a forward alone, a third of a training step.
            Seconds = TrainingCost.Seconds(parameters.Active, (long)(tokens * ((options.Epochs * TrainingCost.Share(options)) + (1.0 / 3))), context.Threads),
            OutputBytes = memory.OutputBytes(options),
            Notes = [memory.ToString(), .. options.HeldOut is null && options.HeldOutShare == 0
                ? ["no held-out pairs: the report will not say how the model judges pairs it has not seen"] : Array.Empty<string>()],
        };
    }

    /// <inheritdoc/>
    public StepReport Run(StepContext context)
    {
        using var loaded = TrainedModel.Load(options, context);
        foreach (var note in loaded.Notes) context.Progress.Note(note);
        var model = loaded.Model;
        var tokenizer = ModelTokenizer.Load(context.InputFolder, model.Spec);
        var (notes, log) = (new List<string>(), new TrainingLog());
        var data = PreferenceData.Read(options, tokenizer, ChatTemplate.Find(context.InputFolder), context, notes);
        var steps = checked((int)Math.Ceiling(options.Epochs * data.Training.Blocks / options.Batch));

        // Before the loop restores a saved state: the reference is the model as the step received it.
        var objective = Objective(data.Training, "reference");
        ITrainingMeasurement[] measurements = data.HeldOut is { } heldOut
            ? [new PreferenceMeasurement(heldOut, Objective(heldOut, "held-out reference"), options)] : [];
        using var trainer = new Trainer(model, new BatchStream(data.Training, options.Batch, context.Seed, tokenizer.PadId ?? 0),
            // With noise a model would differ from the reference that it is.
            options.ToTrainingOptions(steps) with { Noise = false, Seed = context.Seed }, objective);
        var loop = new TrainingLoop(trainer, log, options, 2L * options.Batch * options.Context, measurements, context);
        var saved = loop.Run();
        notes.AddRange(saved.Notes);
        notes.Add("margin: beta times what the better answer gained over the worse one in log-probability; accuracy: pairs with a margin above 0, ties half");
        return new StepReport
        {
            Summary = $"Trained on {data.Training.Report.Pieces / 2:N0} preference pairs in {log.Steps.Count:N0} steps (DPO, beta {options.Beta.ToString("0.###", CultureInfo.InvariantCulture)}).",
            Figures = [new Figure("pairs", data.Training.Report.Pieces / 2), .. TrainingFigures.Of(log, saved, loop.Rate)],
            Tables = [log.ToTable(), .. log.HeldOut.Count > 0 ? [HeldOutTable(log)] : Array.Empty<ReportTable>(), .. BalanceTable.Of(log, model.Spec)],
            Notes = notes,
        };

        PreferenceObjective Objective(PackedDataset pairs, string name) =>
            new(ReferencePass.Run(model, pairs, name, options.RowsPerPass, options.SaveEvery, context), options);
    }

    static ReportTable HeldOutTable(TrainingLog log)
    {
        return new ReportTable("Held-out pairs", ["step", "loss (nats)", "accuracy", "margin"],
            [.. log.HeldOut.Select(h => (IReadOnlyList<string>)[Text(h.Step, "F0"), Text(h.Loss, "F4"), Text(h.Accuracy!.Value, "F4"), Text(h.Margin!.Value, "F4")])]);

        static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
    }
}
