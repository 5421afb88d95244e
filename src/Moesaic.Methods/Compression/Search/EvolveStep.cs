using System.Globalization;
using System.Text.Json;
using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Data;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Architectures;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Compression.Search;

/// <summary>
/// The step "evolve": both phases of EEP (Liu et al. 2024). What only chooses is written as a slice, what merges as merged experts behind a map of the
/// router's probabilities; the maps lie beside the model in expert_maps.json. One layer is in memory at a time.
/// </summary>
/// <param name="options">What and how.</param>
public sealed class EvolveStep(EvolveStepOptions options) : IStep
{
    /// <summary>Name of the file of maps beside a checkpoint.</summary>
    public const string FileName = "expert_maps.json";

    /// <inheritdoc/>
    public bool WritesModel => true;

    /// <inheritdoc/>
    public StepPlan Plan(PlanContext context)
    {
        options.Check();
        var spec = context.Shape(options.Context);
        var spaces = Spaces(spec);
        // Any map of this shape tells what comes out.
        var shape = options.Eep.Merging == 0 ? MergedLayers.Selection(spec, Any(spaces)).Shape(spec) : MergedLayers.Shape(spec, Any(spaces));
        var layout = ArchitectureRegistry.MostStandard(shape, out _);
        var bytes = context.WeightBytes;
        var written = context.BytesOf(shape);
        var models = options.Eep.Pruning + options.Eep.Merging + options.Eep.Retested;
        var heldOut = options.HeldOut is { } text ? text.ExpectedTokens : 0;
        var each = options.Eep.MeasuredTokens;
        double Seconds(long tokens) => new CalibrationCost(spec, new CalibrationOptions(), tokens, options.Context).Seconds(bytes, context.Threads);
        return new StepPlan
        {
            Summary = string.Create(CultureInfo.InvariantCulture, $"{models} models measured on {each:N0} tokens each; {options.Keep} experts stay in each layer, written as {layout.ModelType}"),
            Inputs = [options.Calibration is { } calibration ? TextData.Input("calibration", calibration) : SignatureMetric.Input, .. options.HeldOut is { } held ? [TextData.Input("held_out", held)] : Array.Empty<StepInput>()],
            ReadBytes = bytes * (models + 2),
            PeakMemoryBytes = (2 * ModelLayers.PeakBytes(spec)) + (sizeof(float) * Math.Max(each, heldOut) * spec.Width) + (options.Calibration is null ? sizeof(float) * ParameterCounts.Of(spec).Total : 0),
            Seconds = (models * Seconds(each)) + (2 * Seconds(heldOut)),
            OutputBytes = written,
            Model = new ModelOutline(layout.WriteConfig(shape, options.Type ?? TensorType.BF16), written),
            Notes = options.Eep.Merging > 0 ? ["merged experts stand behind a map of the router's probabilities, which only the layout moesaic holds"] : [],
        };
    }

    Dictionary<int, KeptExperts> Spaces(ModelSpec spec)
    {
        if (!spec.MixtureLayers.Any()) throw new BadRequestException("The model has no mixture of experts.");
        var spaces = spec.MixtureLayers.ToDictionary(l => l, l => SearchCheck.Space(spec, l, options.Keep));
        EepRun.Check(spec, options.Eep, spaces);
        return spaces;
    }

    static Dictionary<int, ExpertMap> Any(Dictionary<int, KeptExperts> spaces) =>
        spaces.ToDictionary(s => s.Key, s => ExpertMap.Choose(s.Value.All().First(), s.Value.Experts));

    /// <inheritdoc/>
    public StepReport Run(StepContext context)
    {
        options.Check();
        var notes = new List<string>();
        using var source = StoredLayers.Open(context.InputFolder);
        var spaces = Spaces(source.Spec);
        IModelMetric metric = options.EffectiveCalibration is { } text
            ? new LossMetric(StepTexts.Calibration(text, source.Spec, options.Context, context, notes), options.Eep.Tokens) : new SignatureMetric(context.InputFolder, options.Eep);
        var heldOut = StepTexts.HeldOut(options.HeldOut, source.Spec, options.Context, context, notes);
        var run = new EepRun(source, options.Eep, spaces, metric) { Journal = Path.Combine(context.WorkFolder, "eep.txt") };
        var best = run.Decide(context.Seed, context.Progress, context.Cancellation);
        notes.AddRange(run.Notes);
        var before = LayerwisePerplexity.Measure(context.InputFolder, heldOut, context.Cancellation);

        using var merged = new MergedLayers(source, best.Maps);
        var type = options.Type ?? source.Weights.PlainType;
        var saved = ModelFolder.Save(merged, context.OutputFolder, new SaveOptions
        {
            Type = type, SideFilesFrom = context.InputFolder,
            ExtraFiles = new Dictionary<string, byte[]>(StringComparer.Ordinal)
            {
                [FileName] = JsonSerializer.SerializeToUtf8Bytes(best.Maps.OrderBy(m => m.Key).Select(m => new LayerMap(m.Key, m.Value.Chosen, m.Value)).ToArray(), SearchJson.Default.LayerMapArray),
            },
        }, context.Cancellation);
        var difference = ReadBack.Compare(merged, context.OutputFolder, type);
        var after = LayerwisePerplexity.Measure(context.OutputFolder, heldOut, context.Cancellation);
        notes.AddRange(saved.Notes);
        notes.AddRange(saved.Decoded(source.Weights, type, options.Type is null ? "experts are merged from decoded ones" : "type asks for it"));
        var figures = new List<Figure>();
        if (before is not null && after is not null) figures.AddRange([new("held_out_loss_before", before.Loss, "nats"), new("held_out_loss", after.Loss, "nats")]);
        figures.AddRange([new("fitness", best.Fitness), new("parameters_before", ParameterCounts.Of(source.Spec).Total), new("parameters", ParameterCounts.Of(merged.Spec).Total),
            new("weight_bytes", saved.WeightBytes, "bytes"), new("read_back_difference", difference)]);
        if (!double.IsNaN(best.Retest)) figures.Insert(figures.Count - 4, new("fitness_on_other_text", best.Retest));
        var mixed = best.Maps.Count(m => m.Value.Chosen is null);
        return new StepReport
        {
            Summary = $"Evolved {options.Keep} experts for each of {spaces.Count} layers; {(mixed == 0 ? "all are chosen" : $"those of {mixed} layers are merged")}.",
            Figures = figures, Notes = notes,
        };
    }
}

/// <summary>The map of one layer, as it is written.</summary>
/// <param name="Layer">Its number.</param>
/// <param name="Chosen">The experts that stay, where the map only chooses.</param>
/// <param name="Map">The numbers.</param>
sealed record LayerMap(int Layer, int[]? Chosen, ExpertMap Map);
