using System.Globalization;
using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Data;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Models.Architectures;
using Moesaic.Models.Loading;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Alignment;

/// <summary>The step "align": <see cref="DistributionAlignment"/> of a checkpoint with its dense parent.</summary>
/// <param name="options">What and how.</param>
public sealed class AlignStep(AlignStepOptions options) : IStep
{
    /// <inheritdoc/>
    public bool WritesModel => true;

    /// <inheritdoc/>
    public StepPlan Plan(PlanContext context)
    {
        var spec = context.Shape(options.Context);
        Check(spec, ModelFolder.ReadSpec(options.Parent));
        var aligned = options.Bias ? DistributionAlignment.WithBiases(spec, [.. options.Modules]) : spec;
        var layout = ArchitectureRegistry.MostStandard(aligned, out _);
        long parameters = ParameterCounts.Of(spec).Total, tokens = options.EffectiveCalibration.Tokens!.Value;
        List<StepInput> inputs = [new("parent", options.Parent), TextData.Input("calibration", options.Calibration)];
        if (options.HeldOut is { } heldOut) inputs.Add(TextData.Input("held_out", heldOut));
        return new StepPlan
        {
            Summary = $"{(options.Bias ? "mean and variance" : "variance")} of {string.Join(" and ", options.Modules.Select(Name))} as in {options.Parent}, " +
                $"over {tokens:N0} tokens, written as {layout.ModelType}",
            Inputs = inputs,
            ReadBytes = context.Model.WeightBytes * 2,
            PeakMemoryBytes = ModelLayers.PeakBytes(aligned) + (sizeof(float) * 4 * tokens * spec.Width),
            // Two forward passes, a third of a training step each.
            Seconds = 5 + (TrainingCost.Seconds(parameters, tokens, context.Threads) * 2 / 3),
            OutputBytes = context.Model.WeightBytes,
            Model = new ModelOutline(layout.WriteConfig(aligned, options.Type ?? TensorType.BF16), context.Model.WeightBytes),
            Notes = options.HeldOut is null ? ["no held_out text: the report will not say what the alignment brings"] : [],
        };
    }

    /// <inheritdoc/>
    public StepReport Run(StepContext context)
    {
        var notes = new List<string>();
        using StoredLayers source = StoredLayers.Open(context.InputFolder), parent = StoredLayers.Open(options.Parent);
        foreach (var note in source.Weights.Notes.Concat(parent.Weights.Notes)) context.Progress.Note(note);
        Check(source.Spec, parent.Spec);
        var heldOut = StepTexts.HeldOut(options.HeldOut, source.Spec, options.Context, context, notes);
        var before = LayerwisePerplexity.Measure(context.InputFolder, heldOut, context.Cancellation);
        var data = StepTexts.Calibration(options.EffectiveCalibration, source.Spec, options.Context, context, notes);

        var shape = options.Bias ? DistributionAlignment.WithBiases(source.Spec, [.. options.Modules]) : source.Spec;
        var changes = Measure(parent, source, shape, data, context);
        using var aligned = new AlignedLayers(source, shape, changes);
        var saved = ModelFolder.Save(aligned, context.OutputFolder,
            new SaveOptions { Type = options.Type ?? source.Weights.PlainType, SideFilesFrom = context.InputFolder }, context.Cancellation);
        var after = LayerwisePerplexity.Measure(context.OutputFolder, heldOut, context.Cancellation);
        notes.AddRange(saved.Notes);
        if (options.Bias && changes.FirstOrDefault(d => d.Change.Bias.All(b => b == 0)) is { } without)
            notes.Add($"some modules have no place for a bias, the first is {Name(without.Module)} of layer {without.Layer}: their means are as they come");
        return Report(changes, saved, before, after, notes);
    }

    IReadOnlyList<AlignedLayer> Measure(StoredLayers parent, StoredLayers source, ModelSpec shape, PackedDataset data, StepContext context)
    {
        using ModelLayers theirs = ModelLayers.Of(parent, owned: false), ours = ModelLayers.Of(source, owned: false);
        using var task = context.Progress.Begin("align layers", source.Spec.Layers.Count, "layers");
        return DistributionAlignment.Measure(theirs, ours, options.Bias ? shape : null, data, [.. options.Modules],
            progress: layers => task.Report(layers), cancellation: context.Cancellation);
    }

    void Check(ModelSpec spec, ModelSpec parent)
    {
        if (spec.Width != parent.Width || spec.Layers.Count != parent.Layers.Count || spec.VocabularySize != parent.VocabularySize)
            throw new BadRequestException($"{options.Parent} cannot be the parent: it has {parent.Layers.Count} layers of width {parent.Width} and " +
                $"{parent.VocabularySize} tokens, the model {spec.Layers.Count} of width {spec.Width} and {spec.VocabularySize}.");
    }

    static StepReport Report(IReadOnlyList<AlignedLayer> done, SavedModel saved, PerplexityResult? before, PerplexityResult? after, List<string> notes)
    {
        List<Figure> figures = before is null || after is null ? []
            : [new("held_out_loss_before", before.Loss, "nats"), new("held_out_loss", after.Loss, "nats"), .. RoutingReport.Figures(after.Routing)];
        figures.Add(new("weight_bytes", saved.WeightBytes, "bytes"));
        return new StepReport
        {
            Summary = $"Aligned {done.Count} modules.",
            Figures = figures,
            Tables = [new ReportTable("Alignment", ["layer", "module", "median factor", "least", "largest", "bias (rms)"],
                [.. done.Select(d => (IReadOnlyList<string>)
                [
                    d.Layer.ToString(CultureInfo.InvariantCulture), Name(d.Module), Text(d.Change.Magnitude.Order().ElementAt(d.Change.Magnitude.Length / 2)),
                    Text(d.Change.Magnitude.Min()), Text(d.Change.Magnitude.Max()), Text(Math.Sqrt(d.Change.Bias.Average(b => b * b))),
                ])])],
            Notes = notes,
        };

        static string Text(double value) => value.ToString("F3", CultureInfo.InvariantCulture);
    }

    static string Name(AlignedModule module) => module == AlignedModule.Attention ? "attention" : "feed-forward";
}
