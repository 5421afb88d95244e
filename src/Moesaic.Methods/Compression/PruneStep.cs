using System.Globalization;
using System.Text;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Compression.Allocation;
using Moesaic.Methods.Compression.Plans;
using Moesaic.Methods.Compression.Search;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Data;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Architectures;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Compression;

/// <summary>
/// The step "prune": ranks the experts of every mixture, writes the model with those that stay, one layer in memory at a time, in the most standard layout
/// that holds it, with the plan beside it; reads it again and measures it.
/// </summary>
/// <param name="options">What and how.</param>
public sealed class PruneStep(PruneStepOptions options) : IStep
{
    /// <inheritdoc/>
    public bool WritesModel => true;

    /// <inheritdoc/>
    public StepPlan Plan(PlanContext context)
    {
        options.Check();
        var spec = context.Shape(options.Context);
        var pruner = Pruners.Of(options, context.Seed);
        if (options.Plan is null) pruner.Check(spec);
        CheckSources(spec, pruner, context);
        var shape = Expected(spec, pruner).Shape(spec);
        var layout = ArchitectureRegistry.MostStandard(shape, out var refused);
        var bytes = context.WeightBytes;
        var forecast = new PruneForecast(spec, shape, bytes);
        var gathers = options.Plan is null && options.Calibration is not null && pruner.NeedsText;
        var tokens = gathers ? CalibrateStepOptions.WithLimit(options.Calibration!).Tokens!.Value : 0;
        var cost = new CalibrationCost(spec, options.Pass, tokens, options.Context);
        var search = new SearchCost(options, spec, tokens);
        var heldOut = options.HeldOut is { } text ? text.ExpectedTokens : 0;
        return new StepPlan
        {
            Summary = Summary(spec, shape) + $", written as {(options.Scope == PruneScope.Global ? "moesaic unless the numbers come out equal" : layout.ModelType)}",
            Inputs = [.. Inputs()],
            ReadBytes = bytes * ((gathers ? 2 * options.Rounds : 1) + 2 + (heldOut > 0 ? 2 : 0)),
            PeakMemoryBytes = gathers ? cost.PeakBytes + search.Bytes : ModelLayers.PeakBytes(spec) + (sizeof(float) * heldOut * spec.Width),
            Seconds = (gathers ? options.Rounds * cost.Seconds(bytes, context.Threads) : 5) + (options.Plan is null ? search.Seconds(cost.Seconds(bytes, context.Threads), context.Threads) : 0) + (2 * new CalibrationCost(spec, new(), heldOut, options.Context).Seconds(bytes, context.Threads)),
            OutputBytes = forecast.Bytes + (gathers ? cost.WorkBytes : 0),
            Model = new ModelOutline(layout.WriteConfig(shape, options.Type ?? TensorType.BF16), forecast.Bytes),
            Notes =
            [
                .. forecast.Notes(), .. refused.Select(reason => $"layout {layout.ModelType}: {reason}"),
                .. options.Scope == PruneScope.Global ? ["how many experts each layer keeps is known after calibration; the forecast takes layers to be alike"] : Array.Empty<string>(),
                .. options.HeldOut is null ? ["no held_out text: the report will not say what pruning costs"] : Array.Empty<string>(),
            ],
        };
    }

    // What is missing, or of another model, shows before anything costs.
    void CheckSources(ModelSpec spec, IPruner pruner, PlanContext context)
    {
        if (options.Plan is not null || !pruner.NeedsText) return;
        if (options.Statistics is not null || options.Calibration is null)
            StepStatistics.Planned(options.Statistics, spec, context, "Experts are ranked by what text makes of them: name calibration text, or statistics, or put a step calibrate before.");
    }

    ExpertSelection Expected(ModelSpec spec, IPruner pruner)
    {
        if (options.Plan is not { } path) return pruner.Expected(spec, options.Target);
        var plan = PrunePlan.Load(path);
        plan.RequireOf(spec, path);
        return plan.Select(options.Ratio);
    }

    IEnumerable<StepInput> Inputs()
    {
        if (options.Plan is { } plan) yield return new StepInput("plan", Directory.Exists(plan) ? Path.Combine(plan, PrunePlan.FileName) : plan);
        if (options.Statistics is { } statistics) yield return new StepInput("statistics", statistics);
        if (options.Calibration is { } calibration) yield return TextData.Input("calibration", calibration);
        if (options.HeldOut is { } heldOut) yield return TextData.Input("held_out", heldOut);
        if (options.Plan is null && options is { Method: PruneMethod.Eep, Eep.Metric: EepMetric.Signature }) yield return SignatureMetric.Input;
    }

    string Summary(ModelSpec before, ModelSpec after)
    {
        int layers = before.Layers.Count - after.Layers.Count, feedForwards = before.Layers.Count - layers - after.Layers.Count(l => l.FeedForward is not AbsentSpec);
        if (options.Drops || layers + feedForwards > 0)
            return string.Create(CultureInfo.InvariantCulture, $"{(layers > 0 ? $"{layers}" : $"the feed-forwards of {feedForwards}")} of {before.Layers.Count} layers go, by {options.Plan ?? Name(options.Method)}");
        int had = Experts(before), has = Experts(after);
        var how = options.Plan is { } plan ? $"by {plan}" : string.Create(CultureInfo.InvariantCulture,
            $"by {Name(options.Method)}{(options.Rounds > 1 ? $" in {options.Rounds} rounds" : "")}, {(options.Scope == PruneScope.Global ? "over all layers" : "in each layer")}");
        return string.Create(CultureInfo.InvariantCulture, $"{had - has} of {had} experts in {before.MixtureLayers.Count()} layers go, {how}");

        static int Experts(ModelSpec spec) => spec.MixtureLayers.Sum(l => spec.Mixture(l).ExpertWidths.Count(w => w > 0));

        static string Name(PruneMethod method) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(method.ToString());
    }

    /// <inheritdoc/>
    public StepReport Run(StepContext context)
    {
        options.Check();
        var notes = new List<string>();
        using var source = StoredLayers.Open(context.InputFolder);
        foreach (var note in source.Weights.Notes) context.Progress.Note(note);
        var heldOut = StepTexts.HeldOut(options.HeldOut, source.Spec, options.Context, context, notes);
        var plan = TakePlan(source, context, notes);
        var before = LayerwisePerplexity.Measure(context.InputFolder, heldOut, context.Cancellation);

        using var pruned = StoredLayers.Open(context.InputFolder, plan.Decided);
        var type = options.Type ?? source.Weights.PlainType;
        var saved = ModelFolder.Save(pruned, context.OutputFolder, new SaveOptions
        {
            Type = type,
            Encoded = options.Type is null ? pruned.Weights : null,
            SideFilesFrom = context.InputFolder,
            ExtraFiles = new Dictionary<string, byte[]>(StringComparer.Ordinal) { [PrunePlan.FileName] = Encoding.UTF8.GetBytes(plan.ToJson()) },
        }, context.Cancellation);
        var difference = ReadBack.Compare(pruned, context.OutputFolder, type);
        var after = LayerwisePerplexity.Measure(context.OutputFolder, heldOut, context.Cancellation);
        if (after is { Loss: var loss } && !double.IsFinite(loss))
            throw new BadModelException($"{context.OutputFolder}: what the pruned model computes is no finite number; the source is damaged, or its numbers overflow in {type}.");
        notes.AddRange(plan.Provenance);
        notes.AddRange(saved.Notes);
        notes.AddRange(saved.Decoded(pruned.Weights, type, options.Type is null ? null : "type asks for it"));
        return Report(plan, source.Spec, pruned.Spec, saved, difference, before, after, notes);
    }

    /// <summary>The plan given, or that of an earlier run of this step, or a new one.</summary>
    PrunePlan TakePlan(StoredLayers source, StepContext context, List<string> notes)
    {
        var kept = Path.Combine(context.WorkFolder, PrunePlan.FileName);
        if (File.Exists(kept)) return PrunePlan.Load(kept);
        var first = notes.Count;
        var work = new PruneWork(source, options, context, notes);
        PrunePlan plan;
        if (options.Plan is { } path)
        {
            plan = PrunePlan.Load(path);
            plan.RequireOf(source.Spec, path);
            if (plan.Model.Length > 0 && plan.Model != work.Fingerprint)
                context.Progress.Warn($"{path} was made for a model with other weights of the same shape; what it calls the best experts may be others here.");
            plan = plan with { Ratio = options.Ratio ?? plan.Ratio, Decided = plan.Select(options.Ratio), Provenance = [.. plan.Provenance, $"experts as {path} ranks them"] };
        }
        else
        {
            var pruner = Pruners.Of(options, context.Seed);
            pruner.Check(source.Spec);
            plan = pruner.Decide(work);
            plan = plan with { Provenance = [.. plan.Provenance, .. notes.Skip(first)] };
            notes.RemoveRange(first, notes.Count - first);      // they come back with the plan
        }
        if (File.Exists(Path.Combine(context.InputFolder, PrunePlan.FileName))) plan = plan with { Before = PrunePlan.Load(context.InputFolder) };
        plan.Save(kept);
        return plan;
    }

    StepReport Report(PrunePlan plan, ModelSpec before, ModelSpec after, SavedModel saved, double difference, PerplexityResult? lossBefore,
        PerplexityResult? lossAfter, List<string> notes)
    {
        ParameterCounts had = ParameterCounts.Of(before), has = ParameterCounts.Of(after);
        var figures = new List<Figure>();
        if (lossBefore is not null && lossAfter is not null)
        {
            figures.AddRange([new("held_out_loss_before", lossBefore.Loss, "nats"), new("held_out_loss", lossAfter.Loss, "nats")]);
            figures.AddRange(RoutingReport.Figures(lossAfter.Routing));
        }
        figures.AddRange([new("parameters_before", had.Total), new("parameters", has.Total), new("active_parameters", has.Active),
            new("weight_bytes", saved.WeightBytes, "bytes"), new("read_back_difference", difference)]);
        return new StepReport
        {
            Summary = "Pruned: " + Summary(before, after) + ".",
            Figures = figures,
            Tables = [PruneReport.Table(plan), .. lossAfter is null ? [] : RoutingReport.Tables(lossAfter, after)],
            Notes = notes,
        };
    }
}
