using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Compression.Plans;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Architectures;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Conversion;

/// <summary>Writes a model folder in another layout, layer by layer: the same model under other names.</summary>
public sealed class LayoutChange : IDisposable
{
    readonly ConversionOptions options;
    readonly StoredLayers source;
    readonly IArchitecture target;
    readonly TensorType type;
    readonly List<string> notes = [];

    /// <summary>Opens the folder and checks that the layout can hold the model; no weights are read.</summary>
    /// <param name="options">From what into what; the layout is named.</param>
    /// <exception cref="BadRequestException">The layout is unknown or cannot hold the model, the message names the feature; or the encoding is none of a folder.</exception>
    /// <exception cref="BadModelException">The folder is damaged or not supported.</exception>
    public LayoutChange(ConversionOptions options)
    {
        options.Validate();
        this.options = options;
        var wanted = options.FolderType();
        source = StoredLayers.Open(options.Input, options.Selection());
        try
        {
            target = ArchitectureRegistry.Named(options.Layout!, source.Spec);
            type = wanted ?? MostlyStored();
            notes.AddRange(source.Weights.Notes);
            notes.AddRange(Changes());
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    string Summary => $"{source.Weights.Layout} to {options.Output}: {target.ModelType} in {type}";

    long TensorBytes => source.Weights.Parameters.Sum(p => (long)p.Rows * p.Columns * (p.Role == ParameterRole.SelectionBias ? sizeof(float) : type.ByteSize()));

    /// <summary>What writing will cost.</summary>
    public StepPlan Plan() => new()
    {
        Summary = Summary,
        ReadBytes = source.Weights.Bytes,
        PeakMemoryBytes = 100_000_000 + (sizeof(float) * Math.Max(LargestLayer(), (long)source.Spec.VocabularySize * source.Spec.Width)),
        Seconds = Math.Max(1, TensorBytes / 2e8),
        OutputBytes = TensorBytes,
        Notes = notes,
    };

    /// <summary>Writes the folder.</summary>
    /// <param name="progress">Told the bytes written.</param>
    /// <param name="cancellation">Stops; nothing is left behind.</param>
    public StepReport Run(IProgressReporter progress, CancellationToken cancellation)
    {
        SavedModel saved;
        using (var task = progress.Begin($"write {options.Output}", TensorBytes, "bytes"))
        {
            saved = ModelFolder.Save(source, options.Output, new SaveOptions
            {
                Type = type,
                ModelType = target.ModelType,
                SideFilesFrom = options.Input,
                Folder = new HfFolderOptions { Overwrite = options.Overwrite, Progress = new ToldAtOnce(done => task.Report(done)) },
            }, cancellation);
        }
        return new StepReport
        {
            Summary = $"Wrote {Summary}.",
            Figures = [new("weights_before", source.Weights.Bytes, "bytes"), new("weights", saved.WeightBytes, "bytes")],
            Notes = notes,
        };
    }

    /// <summary>Closes the source.</summary>
    public void Dispose() => source.Dispose();

    long LargestLayer() => source.Weights.Parameters
        .GroupBy(p => ModelPieces.IsOfLayer(p.Name, out var layer, out _) ? layer : -1).Max(g => g.Sum(p => (long)p.Rows * p.Columns));

    /// <summary>The type that most weights have.</summary>
    TensorType MostlyStored() => source.Weights.Parameters.GroupBy(TypeOf).MaxBy(g => g.Sum(p => (long)p.Rows * p.Columns))!.Key switch
    {
        TensorType.F64 => TensorType.F32,       // which is how weights are read
        var type => type,
    };

    TensorType TypeOf(StoredParameter parameter) => parameter.Encoding switch
    {
        WeightEncoding.F32 => TensorType.F32,
        WeightEncoding.F16 => TensorType.F16,
        WeightEncoding.BF16 => TensorType.BF16,
        _ => source.Weights.PlainType,
    };

    /// <summary>What a reader must know: rounding, and what programs make of the layout.</summary>
    IEnumerable<string> Changes()
    {
        var rounded = source.Weights.Parameters.Count(p => p.Role != ParameterRole.SelectionBias && type != TensorType.F32 && TypeOf(p) != type);
        if (rounded > 0) yield return $"{rounded} tensors have another type and are rounded to {type}; --encoding f32 keeps their values";
        if (AdapterFolder.Is(options.Input) && type != TensorType.F32)
            yield return $"weights with the adapter added are rounded to {type}; --encoding f32 keeps their values";
        float[] scales = [.. source.Spec.Layers.Select(l => l.FeedForward).OfType<MixtureSpec>().Select(m => m.Router.Scale).Where(s => s != 1).Distinct()];
        if (scales.Length > 0 && !target.CarriesScale)
            yield return "the scale of the combine weights is multiplied into the experts' down projections"
                + (scales.All(float.IsPow2) ? ": powers of two, nothing is rounded" : $" and rounded with them to {type}");
        if (target.NeedsCode) yield return $"{target.ModelType} is read by its authors' code alone, which belongs beside the weights and is not written";
        if (SideFiles.LeftBehind(options.Input) is { Count: > 0 } left) yield return $"files left behind: {string.Join(", ", left)}";
    }
}
