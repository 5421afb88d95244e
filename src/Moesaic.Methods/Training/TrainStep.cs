using Moesaic.Inference;
using Moesaic.Methods.Data;
using Moesaic.Methods.Distillation;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training.Balance;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Text.Chat;

namespace Moesaic.Methods.Training;

/// <summary>The step "train": reads a checkpoint, trains it, writes it in the layout that fits.</summary>
/// <param name="options">What and how.</param>
public sealed class TrainStep(TrainStepOptions options) : IStep
{
    /// <inheritdoc/>
    public bool WritesModel => true;

    /// <inheritdoc/>
    public StepPlan Plan(PlanContext context)
    {
        var spec = context.Shape(options.Context);
        options.ToTrainingOptions().Check(spec);
        var parameters = ParameterCounts.Of(spec, training: true);
        var tokens = (long)options.Steps() * options.Batch * options.Context;
        var perPass = (long)Math.Min(options.RowsPerPass, options.Batch) * options.Context;
        var memory = TrainingMemory.Of(spec, options, context.Model, perPass);
        var (inputs, teacherBytes, teacherSeconds) = (Inputs(), 0L, 0.0);
        if (options.Distil is { } distil)
        {
            var teacher = ModelFolder.ReadSpec(distil.Teacher);
            TeacherObjective.Check(spec, teacher, options.Context, distil.Teacher);
            teacherBytes = ModelOutline.Read(distil.Teacher).WeightBytes + TrainingCost.PeakBytes(teacher, 0, perPass);
            // Forward alone is a third of a training step.
            teacherSeconds = TrainingCost.Seconds(ParameterCounts.Of(teacher).Active, tokens, context.Threads) / 3;
        }
        return new StepPlan
        {
            Summary = $"{tokens:N0} tokens in {options.Steps():N0} steps of {options.Batch} x {options.Context}, " +
                options.Trained +
                (options.Mixes ? $", {options.Data.Count} domains" : "") + (options.Distil is { } d ? $", taught by {d.Teacher}" : ""),
            Inputs = inputs,
            ReadBytes = context.Model.WeightBytes,
            PeakMemoryBytes = memory.Total + teacherBytes,
            Seconds = (TrainingCost.Seconds(parameters.Active, tokens, context.Threads) * TrainingCost.Share(options)) + teacherSeconds,
            OutputBytes = memory.OutputBytes(options),
            Notes = [memory.ToString(), .. options.HeldOut is null && options.Data.All(d => d.HeldOut is null)
                ? ["no held_out data: the report will not say what training did to text the model has not seen"] : Array.Empty<string>()],
        };
    }

    List<StepInput> Inputs()
    {
        var inputs = options.Data.Select((d, i) => TextData.Input($"data[{i}]", d)).ToList();
        for (var i = 0; i < options.Data.Count; i++)
            if (options.Data[i].HeldOutData is { } heldOut) inputs.Add(TextData.Input($"data[{i}].held_out", heldOut));
        if (options.HeldOut is { } held) inputs.Add(TextData.Input("held_out", held));
        if (options.DynamicWeights?.ReferenceModel is { } reference) inputs.Add(new("dynamic_weights.reference_model", reference));
        if (options.Distil is { } distil) inputs.Add(new("distil.teacher", distil.Teacher));
        return inputs;
    }

    /// <inheritdoc/>
    public StepReport Run(StepContext context)
    {
        using var loaded = TrainedModel.Load(options, context);
        foreach (var note in loaded.Notes) context.Progress.Note(note);
        var model = loaded.Model;
        var tokenizer = ModelTokenizer.Load(context.InputFolder, model.Spec);
        var (notes, log) = (new List<string>(), new TrainingLog());
        var data = new TrainingData(options, tokenizer, model.Spec.Tasks, ChatTemplate.Find(context.InputFolder), context, notes);
        var batches = data.Batches(log);
        using var distillation = options.Distil is { } distil
            ? TeacherObjective.Load(distil, model.Spec, tokenizer, options.Context) : null;

        using var trainer = new Trainer(model, batches, options.ToTrainingOptions() with { Seed = context.Seed },
            distillation ?? (ITrainingObjective)new NextToken((float)options.OutputZLoss));
        var measurements = data.Measurements();
        var loop = new TrainingLoop(trainer, log, options, (long)options.Batch * options.Context, measurements, context);
        var saved = loop.Run();
        notes.AddRange(saved.Notes);
        return new StepReport
        {
            Summary = $"Trained on {log.Steps.Sum(s => (long)s.Tokens):N0} tokens in {log.Steps.Count:N0} steps"
                + (options.Distil is { } d ? $", taught by {d.Teacher}." : "."),
            Figures = [.. TrainingFigures.Of(log, saved, loop.Rate), .. measurements.SelectMany(m => m.Figures)],
            Tables = [log.ToTable(), .. data.Tables(log, batches), .. BalanceTable.Of(log, model.Spec), .. measurements.SelectMany(m => m.Tables)],
            Curves = [.. TrainingCurves.Of(log), .. measurements.SelectMany(m => m.Curves)],
            Notes = notes,
        };
    }
}
