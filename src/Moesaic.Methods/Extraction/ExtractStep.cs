using System.Globalization;
using Moesaic.Formats;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Architectures;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Extraction;

/// <summary>
/// The step "extract": the sub-network of one task as a checkpoint of its own (Kudugunta et al. 2021). For text of the task it computes what
/// the whole computes, with the memory of the experts that the task uses. One layer is in memory at a time.
/// </summary>
/// <param name="options">Which task, in which form.</param>
public sealed class ExtractStep(ExtractStepOptions options) : IStep
{
    /// <inheritdoc/>
    public bool WritesModel => true;

    /// <inheritdoc/>
    public StepPlan Plan(PlanContext context)
    {
        var whole = context.Shape();
        TaskExperts.Check(whole, options.As);
        TaskNames.Find(whole.Tasks, options.Task, "extract");
        // Which experts they are is not known before the weights are read; the first ones are as good an estimate as any.
        var part = TaskLayers.Shape(whole, [.. whole.Layers.Select(Likely)], options.As);
        var written = (long)(context.Model.WeightBytes * ((double)ParameterCounts.Of(part).Total / ParameterCounts.Of(whole).Total));
        var layout = ArchitectureRegistry.MostStandard(part, out _);
        return new StepPlan
        {
            Summary = $"the experts of task {options.Task} as {(options.As == ExtractForm.Dense ? "a dense model" : "a smaller mixture")}, written as {layout.ModelType}",
            ReadBytes = 2 * context.Model.WeightBytes,
            PeakMemoryBytes = 2L * sizeof(float) * ((ParameterCounts.Of(whole).Total / whole.Layers.Count) + (2L * whole.VocabularySize * whole.Width)),
            Seconds = 1 + (context.Model.WeightBytes / 2e8),
            OutputBytes = written,
            Model = new ModelOutline(layout.WriteConfig(part, options.Type ?? TensorType.BF16), written),
        };
    }

    static TaskExpert[]? Likely(LayerSpec layer) => !TaskExperts.RoutesByTask(layer) ? null
        : [.. Enumerable.Range(0, ((MixtureSpec)layer.FeedForward).Router.Chosen).Select(e => new TaskExpert(e, 1))];

    /// <inheritdoc/>
    public StepReport Run(StepContext context)
    {
        using var whole = StoredLayers.Open(context.InputFolder);
        TaskExperts.Check(whole.Spec, options.As);
        using var part = new TaskLayers(whole, TaskNames.Find(whole.Spec.Tasks, options.Task, "extract"), options.As);
        var saved = ModelFolder.Save(part, context.OutputFolder, new SaveOptions
        {
            Type = options.Type ?? whole.Weights.PlainType, SideFilesFrom = context.InputFolder,
        }, context.Cancellation);
        return new StepReport
        {
            Summary = $"Extracted task {options.Task} as {(options.As == ExtractForm.Dense ? "a dense model" : "a smaller mixture")}.",
            Figures =
            [
                new("parameters", ParameterCounts.Of(part.Spec).Total), new("parameters_before", ParameterCounts.Of(whole.Spec).Total),
                new("weight_bytes", saved.WeightBytes, "bytes"),
            ],
            Tables =
            [
                new ReportTable("Experts of the task", ["layer", "experts", "weights"],
                    [.. part.Chosen.Index().Where(l => l.Item is not null).Select(l => Row(l.Index, l.Item!))]),
            ],
            Notes = [.. saved.Notes],
        };
    }

    static IReadOnlyList<string> Row(int layer, TaskExpert[] experts) =>
    [
        layer.ToString(CultureInfo.InvariantCulture), string.Join(' ', experts.Select(e => e.Expert.ToString(CultureInfo.InvariantCulture))),
        string.Join(' ', experts.Select(e => e.Weight.ToString("0.000", CultureInfo.InvariantCulture))),
    ];
}
