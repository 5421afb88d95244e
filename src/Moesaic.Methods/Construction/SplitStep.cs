using System.Globalization;
using System.Text;
using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Construction.Plans;
using Moesaic.Methods.Data;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Models.Architectures;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Construction;

/// <summary>The step "split": reads a dense checkpoint, plans, writes the mixture with its plan, reads it back and measures it.</summary>
/// <param name="options">What and how.</param>
public sealed class SplitStep(SplitStepOptions options) : IStep
{
    /// <inheritdoc/>
    public bool WritesModel => true;

    /// <inheritdoc/>
    public StepPlan Plan(PlanContext context)
    {
        options.Check();
        var dense = context.Shape(options.Context);
        var plan = options.Plan is { } given ? SplitPlan.Load(given)
            : new SplitPlanner(options, context.Seed, Progress.SilentProgress.Instance).Outline(dense);
        var shape = Split.Shape(dense, plan);
        var layout = ArchitectureRegistry.MostStandard(shape, out var refused);
        var cost = new SplitCost(dense, options);
        return new StepPlan
        {
            Summary = Summary(plan) + $", written as {layout.ModelType}",
            Inputs = [.. Inputs()],
            ReadBytes = context.WeightBytes * cost.Reads,
            PeakMemoryBytes = cost.PeakBytes,
            Seconds = cost.Seconds(context.WeightBytes, context.Threads),
            OutputBytes = context.WeightBytes + cost.SpillBytes,
            Model = new ModelOutline(layout.WriteConfig(shape, options.Type ?? TensorType.BF16), context.WeightBytes),
            Notes = [.. refused.Select(reason => $"layout {layout.ModelType}: {reason}"),
                .. options.HeldOut is null ? ["no held_out text: the report will not say what the split costs"] : Array.Empty<string>()],
        };
    }

    IEnumerable<StepInput> Inputs()
    {
        if (options.Plan is { } plan) yield return new StepInput("plan", plan);
        if (options.NeedsCalibration) yield return TextData.Input("calibration", options.Calibration!);
        if (options.HeldOut is { } heldOut) yield return TextData.Input("held_out", heldOut);
    }

    /// <inheritdoc/>
    public StepReport Run(StepContext context)
    {
        options.Check();
        var notes = new List<string>();
        using var dense = StoredLayers.Open(context.InputFolder);
        foreach (var note in dense.Weights.Notes) context.Progress.Note(note);
        var heldOut = StepTexts.HeldOut(options.HeldOut, dense.Spec, options.Context, context, notes);
        var before = LayerwisePerplexity.Measure(context.InputFolder, heldOut, context.Cancellation);
        var plan = TakePlan(dense, context, notes);

        using var mixture = new SplitLayers(dense, plan);
        var type = options.Type ?? dense.Weights.PlainType;
        var saved = ModelFolder.Save(mixture, context.OutputFolder, new SaveOptions
        {
            Type = type,
            SideFilesFrom = context.InputFolder,
            ExtraFiles = new Dictionary<string, byte[]>(StringComparer.Ordinal) { [SplitPlan.FileName] = Encoding.UTF8.GetBytes(plan.ToJson()) },
        }, context.Cancellation);
        var difference = ReadBack.Compare(mixture, context.OutputFolder, type);
        var after = LayerwisePerplexity.Measure(context.OutputFolder, heldOut, context.Cancellation);

        notes.AddRange(plan.Provenance);
        notes.AddRange(saved.Notes);
        return Report(plan, mixture.Spec, saved, difference, before, after, notes);
    }

    /// <summary>The plan given, or that of an earlier run of this step, or a new one.</summary>
    SplitPlan TakePlan(StoredLayers dense, StepContext context, List<string> notes)
    {
        var source = Fingerprint.Of("model", context.InputFolder, context.Progress, context.Cancellation);
        if (options.Plan is { } path)
        {
            var given = SplitPlan.Load(path);
            given.Validate(dense.Spec);
            notes.Add($"the plan {path} is applied as it is");
            if (given.Source.Length > 0 && given.Source != source)
                context.Progress.Warn($"{path} was made for a model with other weights of the same shape; its routers and scales may not fit this one.");
            return given;
        }
        if (options.EffectiveWeight == CombineWeight.Renormalised && options.Chosen == 1)
            context.Progress.Warn("One expert per token with a renormalised weight: no gradient of the model's loss will ever reach the router.");
        var saved = Path.Combine(context.WorkFolder, SplitPlan.FileName);
        if (File.Exists(saved)) return SplitPlan.Load(saved);

        var provenance = new List<string>();
        var data = options.NeedsCalibration ? StepTexts.Calibration(options.EffectiveCalibration, dense.Spec, options.Context, context, provenance) : null;
        var plan = new SplitPlanner(options, context.Seed, context.Progress, context.Cancellation)
            .Make(dense, data, context.WorkFolder) with { Source = source, Provenance = provenance };
        plan.Save(saved);
        return plan;
    }

    static string Summary(SplitPlan plan)
    {
        var attention = plan.Attention is not { } heads ? "" : string.Create(CultureInfo.InvariantCulture,
            $"attention of {heads.Layers.Count} layers into experts, {heads.Chosen} chosen, keys {(heads.Keys == ExpertKeys.All ? "of all tokens" : "routed")}");
        if (plan.Layers.Count == 0) return attention;
        var layer = plan.Layers[0];
        var shared = layer.Shared.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" beside a shared one of width {layer.Shared.Length}");
        return string.Create(CultureInfo.InvariantCulture,
            $"{plan.Layers.Count} layers into {layer.Experts.Length} experts of width {layer.Experts[0].Length}{shared}, {plan.Chosen} chosen ({plan.Method}){(attention.Length > 0 ? "; " : "")}{attention}");
    }

    static StepReport Report(SplitPlan plan, ModelSpec mixture, SavedModel saved, double difference, PerplexityResult? before,
        PerplexityResult? after, List<string> notes)
    {
        var parameters = ParameterCounts.Of(mixture);
        var figures = new List<Figure>();
        if (before is not null && after is not null)
        {
            figures.Add(new Figure("held_out_loss_before", before.Loss, "nats"));
            figures.Add(new Figure("held_out_loss", after.Loss, "nats"));
            figures.AddRange(RoutingReport.Figures(after.Routing));
            figures.AddRange(RoutingReport.AttentionFigures(after.AttentionRouting));
        }
        figures.AddRange([new("parameters", parameters.Total), new("active_parameters", parameters.Active), new("weight_bytes", saved.WeightBytes, "bytes"),
            new("read_back_difference", difference)]);
        return new StepReport
        {
            Summary = "Split " + Summary(plan) + ".",
            Figures = figures,
            Tables = [.. SplitTable.Of(plan),
                .. after is null ? [] : RoutingReport.Tables(after, mixture)],
            Notes = notes,
        };
    }
}
