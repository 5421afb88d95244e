using System.Globalization;
using Moesaic.Inference;
using Moesaic.Methods.Data;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Calibration;

/// <summary>The step "calibrate": writes the statistics of a model, mixtures and others, into the folder "statistics" of the output.</summary>
/// <param name="options">On what text and how.</param>
public sealed class CalibrateStep(CalibrateStepOptions options) : IStep
{
    /// <summary>Name of the folder in a step's results.</summary>
    internal const string Folder = "statistics";

    /// <inheritdoc/>
    public bool WritesModel => false;

    /// <inheritdoc/>
    public StepPlan Plan(PlanContext context)
    {
        var spec = context.Shape(options.Context);
        var cost = new CalibrationCost(spec, options, options.EffectiveCalibration.Tokens!.Value, options.Context);
        var mixtures = spec.MixtureLayers.Count();
        return new StepPlan
        {
            Summary = string.Create(CultureInfo.InvariantCulture,
                $"statistics of {mixtures} mixtures in {spec.Layers.Count} layers, {(options.Rows == CalibratedRows.All ? "all experts" : "routed rows")}, over {options.EffectiveCalibration.Tokens:N0} tokens"),
            Inputs = [TextData.Input("calibration", options.Calibration)],
            ReadBytes = context.Model.WeightBytes * 2,
            PeakMemoryBytes = cost.PeakBytes,
            Seconds = cost.Seconds(context.Model.WeightBytes, context.Threads),
            OutputBytes = cost.StatisticsBytes + cost.WorkBytes,
            Notes = mixtures > 0 ? [] : ["the model has no mixture of experts: only layers are compared"],
        };
    }

    /// <inheritdoc/>
    public StepReport Run(StepContext context)
    {
        var notes = new List<string>();
        using var source = StoredLayers.Open(context.InputFolder);
        foreach (var note in source.Weights.Notes) context.Progress.Note(note);
        var statistics = Gather(source, options, options.EffectiveCalibration, options.Context, context, notes);
        var folder = Path.Combine(context.ResultFolder, Folder);
        statistics.Save(folder);
        notes.Add($"{CalibrationStatistics.FileName} and {CalibrationStatistics.ArraysName} lie in the folder {Folder} of the output; prune reads them from there");
        notes.AddRange(CalibrationReport.FewTokens(statistics, options.MinimumTokens));
        return new StepReport
        {
            Summary = string.Create(CultureInfo.InvariantCulture, $"Calibrated {source.Spec.Layers.Count} layers on {statistics.Tokens:N0} tokens of {options.Calibration.Path}."),
            Figures =
            [
                new("tokens", statistics.Tokens, "tokens"),
                .. CalibrationReport.Figures(statistics, options.MinimumTokens),
            ],
            Tables = [.. CalibrationReport.Tables(statistics, options.MinimumTokens)],
            Notes = notes,
        };
    }

    /// <summary>Reads the text and gathers, going on from what an interrupted run left.</summary>
    /// <param name="source">The model in the step's input folder.</param>
    /// <param name="how">How.</param>
    /// <param name="text">Which text.</param>
    /// <param name="length">Tokens of a block.</param>
    /// <param name="context">The step.</param>
    /// <param name="notes">Is told what was read.</param>
    internal static CalibrationStatistics Gather(StoredLayers source, CalibrationOptions how, DataOptions text, int length, StepContext context, List<string> notes)
    {
        var provenance = new List<string>();
        var data = StepTexts.Calibration(text, source.Spec, length, context, provenance);
        var journal = Path.Combine(context.WorkFolder, "layers");
        var statistics = Gather(source, how, data, provenance, CalibrationSource.OfModel(context.InputFolder, context.Progress, context.Cancellation), journal, context);
        Directory.Delete(journal, recursive: true);
        notes.AddRange(provenance);
        return statistics;
    }

    /// <summary>Gathers on a text that was read, going on from what an interrupted run left.</summary>
    /// <param name="source">The model in the step's input folder, or a part of it.</param>
    /// <param name="how">How.</param>
    /// <param name="data">The text.</param>
    /// <param name="provenance">Where it comes from, for people.</param>
    /// <param name="model">What tells the model from others, see <see cref="CalibrationSource.OfModel"/>.</param>
    /// <param name="journal">Folder of finished layers; the caller deletes it when it is not needed.</param>
    /// <param name="context">The step.</param>
    internal static CalibrationStatistics Gather(StoredLayers source, CalibrationOptions how, PackedDataset data, IReadOnlyList<string> provenance, string model,
        string journal, StepContext context)
    {
        Directory.CreateDirectory(journal);
        using var layers = ModelLayers.Of(source, owned: false);
        return new Calibrator(layers, new CalibrationOptions
        {
            Rows = how.Rows, SpecialTokens = how.SpecialTokens, SimilarityTokens = how.SimilarityTokens, HiddenStates = how.HiddenStates, RowsPerPass = how.RowsPerPass,
        })
        {
            Progress = context.Progress, Cancellation = context.Cancellation, Journal = journal,
            SpecialIds = ModelTokenizer.Load(context.InputFolder, source.Spec).SpecialIds,
        }.Run(data, model, provenance);
    }
}
