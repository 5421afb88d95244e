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
    public PackedDataset Data => data ??= StepTexts.Calibration(Text, Spec, options.Context, Context, Notes);

    DataOptions Text => CalibrateStepOptions.WithLimit(options.Calibration ?? throw new BadRequestException(
        "Calibration text is needed; name a file, a folder or dotnet-docs as calibration."));

    /// <summary>Statistics of the model: those given, or of the last step calibrate of the recipe, or gathered now on the text.</summary>
    /// <exception cref="BadRequestException">They are of another model, or there is nothing to gather them on.</exception>
    public CalibrationStatistics Statistics => statistics ??= Given() ?? Gather();

    CalibrationStatistics? Given()
    {
        var path = options.Statistics ?? (options.Calibration is null ? Context.Results.LastOrDefault(r => CalibrationStatistics.Exist(r.Folder)).Folder : null);
        if (path is null) return null;
        var read = CalibrationStatistics.Load(path);
        read.RequireOf(Spec, Fingerprint, path);
        Notes.Add($"statistics {read.Fingerprint[..12]} of {path}, over {read.Tokens} tokens");
        return read;
    }

    CalibrationStatistics Gather()
    {
        var kept = Path.Combine(Context.WorkFolder, CalibrateStep.Folder);
        if (CalibrationStatistics.Exist(kept)) return CalibrationStatistics.Load(kept);
        var gathered = CalibrateStep.Gather(Source, options.Pass, Text, options.Context, Context, Notes);
        gathered.Save(kept);
        return gathered;
    }

    /// <summary>Statistics of what is left of the model, on the same text; kept in the work folder.</summary>
    /// <param name="selection">What is left.</param>
    /// <param name="round">Its number, for the names of files.</param>
    public CalibrationStatistics Again(ExpertSelection selection, int round)
    {
        var folder = Path.Combine(Context.WorkFolder, FormattableString.Invariant($"round-{round}"));
        Directory.CreateDirectory(folder);
        using var pruned = StoredLayers.Open(Context.InputFolder, selection);
        using var layers = ModelLayers.Of(pruned, owned: false);
        // The weights are those of the model, the rest is the selection.
        var again = new Calibrator(layers, options.Pass)
        {
            Progress = Context.Progress, Cancellation = Context.Cancellation, Journal = folder,
            SpecialIds = ModelTokenizer.Load(Context.InputFolder, Spec).SpecialIds,
        }.Run(Data, $"{Fingerprint} round {round} {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(
            System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(selection, Plans.PrunePlanJson.Default.ExpertSelection)))}");
        return again;
    }
}
