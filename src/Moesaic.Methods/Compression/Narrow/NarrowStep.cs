using System.Globalization;
using System.Text;
using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Divisions;
using Moesaic.Methods.Construction.Importance;
using Moesaic.Methods.Data;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Architectures;
using Moesaic.Models.Loading;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Compression.Narrow;

/// <summary>
/// The step "narrow": keeps the neurons that matter most, or random ones, of every feed-forward (the prune baselines of LLaMA-MoE v1, Zhu et al. 2024). One layer
/// is in memory at a time.
/// </summary>
/// <param name="options">What and how.</param>
public sealed class NarrowStep(NarrowStepOptions options) : IStep
{
    /// <inheritdoc/>
    public bool WritesModel => true;

    /// <inheritdoc/>
    public StepPlan Plan(PlanContext context)
    {
        options.Check();
        var dense = context.Shape(options.Context);
        var shape = NarrowPlan.Shape(dense, options.Width);
        var layout = ArchitectureRegistry.MostStandard(shape, out _);
        var cost = new SplitCost(dense, Like());
        var weightBytes = context.WeightBytes;
        var written = context.BytesOf(shape);
        return new StepPlan
        {
            Summary = Summary(dense) + $", written as {layout.ModelType}",
            Inputs = [.. Inputs()],
            ReadBytes = weightBytes * cost.Reads,
            PeakMemoryBytes = cost.PeakBytes,
            Seconds = cost.Seconds(weightBytes, context.Threads),
            OutputBytes = written + cost.SpillBytes,
            Model = new ModelOutline(layout.WriteConfig(shape, options.Type ?? TensorType.BF16), written),
        };
    }

    // A split of the same statistics costs the same.
    SplitStepOptions Like() => new()
    {
        Method = options.Method == NarrowMethod.Importance ? SplitMethod.TokenClusters : SplitMethod.Random, Scale = 1, Experts = 1, Chosen = 1,
        Calibration = options.Method == NarrowMethod.Importance ? options.Calibration : null, HeldOut = options.HeldOut, Context = options.Context,
    };

    IEnumerable<StepInput> Inputs()
    {
        if (options.Method == NarrowMethod.Importance) yield return TextData.Input("calibration", options.Calibration!);
        if (options.HeldOut is { } heldOut) yield return TextData.Input("held_out", heldOut);
    }

    string Summary(ModelSpec dense) => string.Create(CultureInfo.InvariantCulture,
        $"{dense.Layers.Count} layers to {options.Width} of {((DenseSpec)dense.Layers[0].FeedForward).Width} neurons ({(options.Method == NarrowMethod.Random ? "random" : "by importance")})");

    /// <inheritdoc/>
    public StepReport Run(StepContext context)
    {
        options.Check();
        var notes = new List<string>();
        using var dense = StoredLayers.Open(context.InputFolder);
        var plan = new NarrowPlan { Method = options.Method, Seed = context.Seed, Kept = Choose(dense, context, notes) };
        using var narrow = new NarrowLayers(dense, plan.Kept);
        var heldOut = StepTexts.HeldOut(options.HeldOut, dense.Spec, options.Context, context, notes);
        var before = LayerwisePerplexity.Measure(context.InputFolder, heldOut, context.Cancellation);
        var saved = ModelFolder.Save(narrow, context.OutputFolder, new SaveOptions
        {
            Type = options.Type ?? dense.Weights.PlainType,
            SideFilesFrom = context.InputFolder,
            ExtraFiles = new Dictionary<string, byte[]>(StringComparer.Ordinal) { [NarrowPlan.FileName] = Encoding.UTF8.GetBytes(plan.ToJson()) },
        }, context.Cancellation);
        var after = LayerwisePerplexity.Measure(context.OutputFolder, heldOut, context.Cancellation);
        var figures = new List<Figure>();
        if (before is not null && after is not null)
            figures.AddRange([new("held_out_loss_before", before.Loss, "nats"), new("held_out_loss", after.Loss, "nats")]);
        figures.AddRange([new("parameters", ParameterCounts.Of(narrow.Spec).Total), new("weight_bytes", saved.WeightBytes, "bytes")]);
        return new StepReport { Summary = "Narrowed " + Summary(dense.Spec) + ".", Figures = figures, Notes = notes };
    }

    int[][] Choose(StoredLayers dense, StepContext context, List<string> notes)
    {
        NarrowPlan.Shape(dense.Spec, options.Width);
        int[] Widths() => [.. dense.Spec.Layers.Select(l => ((DenseSpec)l.FeedForward).Width)];
        if (options.Method == NarrowMethod.Random)
            return [.. Widths().Select((width, l) => Shuffle.Order(width, context.Seed, l)[..options.Width].Order().ToArray())];

        var data = StepTexts.Calibration(options.EffectiveCalibration, dense.Spec, options.Context, context, notes);
        using var layers = ModelLayers.Of(dense, owned: false);
        using var task = context.Progress.Begin("weigh neurons", 2 * dense.Spec.Layers.Count, "layers");
        var importance = LayerwiseImportance.Measure(layers, data,
            [.. dense.Spec.Layers.Select(_ => 1)], (_, x, _, _) => new int[x.Rows], options.Importance, Path.Combine(context.WorkFolder, "hidden_states.tmp"),
            progress: done => task.Report(done), cancellation: context.Cancellation);
        return [.. importance.Select(layer => ImportanceAssignment.Overlapping(layer!.Scores, [], options.Width)[0])];
    }
}
