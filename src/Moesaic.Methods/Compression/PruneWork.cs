using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Data;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Compression;

/// <summary>What a pruner works on: a model, its statistics and a text; read when they are asked for, once.</summary>
/// <param name="source">The model in the step's input folder; stays the caller's.</param>
/// <param name="options">Of the step.</param>
/// <param name="context">The step.</param>
/// <param name="notes">Is told what was read.</param>
public sealed class PruneWork(StoredLayers source, PruneStepOptions options, StepContext context, List<string> notes)
{
    readonly List<string> provenance = [];      // of the text
    CalibrationStatistics? statistics;
    PackedDataset? data;
    string? fingerprint;

    /// <summary>The model, layer by layer.</summary>
    public StoredLayers Source { get; } = source;

    /// <summary>Its shape.</summary>
    public ModelSpec Spec => Source.Spec;

    /// <summary>The step: seed, progress, cancellation, work folder.</summary>
    public StepContext Context { get; } = context;

    /// <summary>How many experts are to go.</summary>
    public PruneTarget Target => options.Target;

    /// <summary>For people: what the decision rests on.</summary>
    public List<string> Notes { get; } = notes;

    /// <summary>Fingerprint of the model.</summary>
    public string Fingerprint => fingerprint ??= CalibrationSource.OfModel(Context.InputFolder, Context.Progress, Context.Cancellation);

    /// <summary>The calibration text, packed.</summary>
    /// <exception cref="BadRequestException">None was given.</exception>
    public PackedDataset Data => data ??= ReadText();

    PackedDataset ReadText()
    {
        var read = StepTexts.Calibration(Text, Spec, options.Context, Context, provenance);
        Notes.AddRange(provenance);
        return read;
    }

    DataOptions Text => CalibrateStepOptions.WithLimit(options.Calibration ?? throw new BadRequestException(
        "Calibration text is needed; name a file, a folder or dotnet-docs as calibration."));

    /// <summary>Statistics of the model: those given, or of the last step calibrate of the recipe, or gathered now on the text.</summary>
    /// <exception cref="BadRequestException">They are of another model, or there is nothing to gather them on.</exception>
    public CalibrationStatistics Statistics => statistics ??= Given() ?? Gather();

    CalibrationStatistics? Given() => options.Statistics is null && options.Calibration is not null ? null
        : StepStatistics.Read(options.Statistics, Spec, () => Fingerprint, Context, Notes);

    CalibrationStatistics Gather()
    {
        var kept = Path.Combine(Context.WorkFolder, CalibrateStep.Folder);
        if (CalibrationStatistics.Exist(kept)) return CalibrationStatistics.Load(kept);
        var journal = Path.Combine(Context.WorkFolder, "layers");
        var gathered = CalibrateStep.Gather(Source, options.Pass, Data, provenance, Fingerprint, journal, Context);
        gathered.Save(kept);
        Directory.Delete(journal, recursive: true);
        return gathered;
    }

    /// <summary>Statistics of what is left of the model, on the same text; kept in the work folder.</summary>
    /// <param name="selection">What is left.</param>
    /// <param name="round">Its number, for the names of files.</param>
    public CalibrationStatistics Again(ExpertSelection selection, int round)
    {
        var folder = Path.Combine(Context.WorkFolder, FormattableString.Invariant($"round-{round}"));
        using var pruned = StoredLayers.Open(Context.InputFolder, selection);
        // The weights are those of the model, the rest is the selection.
        var left = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(
            System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(selection, Plans.PrunePlanJson.Default.ExpertSelection)));
        return CalibrateStep.Gather(pruned, options.Pass, Data, [], $"{Fingerprint} round {round} {left}", folder, Context);
    }
}
