using System.Text.Json;
using System.Text.Json.Serialization;
using Moesaic.Formats;
using Moesaic.Models;

namespace Moesaic.Methods.Calibration;

/// <summary>
/// What calibration text made of a model: every scorer, allocation and policy works from this, without the model and without the text.
/// Kept in a folder as <see cref="FileName"/>, which tells what it is of, and <see cref="ArraysName"/>.
/// </summary>
public sealed record CalibrationStatistics
{
    /// <summary>Name of the file that people read.</summary>
    public const string FileName = "statistics.json";

    /// <summary>Name of the file with the arrays beside it.</summary>
    public const string ArraysName = "statistics.safetensors";

    /// <summary>Version of the files.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Version of the files.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>What was calibrated on what.</summary>
    public required CalibrationSource Source { get; init; }

    /// <summary>Tokens that count.</summary>
    public required long Tokens { get; init; }

    /// <summary>Where the text comes from and how it was cut; for people.</summary>
    public IReadOnlyList<string> Provenance { get; init; } = [];

    /// <summary>Layers.</summary>
    [JsonIgnore]
    public IReadOnlyList<LayerStatistics> Layers { get; init; } = [];

    /// <summary>
    /// [L + 1, L + 1] mean cosines between what the layers read, and what the last one gives: place i, j is how alike the stream before
    /// layer i is to that after layer j − 1. Empty when no tokens were taken for it.
    /// </summary>
    [JsonIgnore]
    public double[,] Similarity { get; init; } = new double[0, 0];

    /// <summary>SHA-256 of all that the statistics depend on.</summary>
    public string Fingerprint => Source.Fingerprint;

    /// <summary>The experts of a layer.</summary>
    /// <exception cref="BadRequestException">The layer is no mixture.</exception>
    public ExpertStatistics Experts(int layer) => Layers[layer].Experts
        ?? throw new BadRequestException($"Layer {layer} has no experts; only mixtures can be ranked.");

    /// <summary>Refuses statistics of another model.</summary>
    /// <param name="spec">The model's shape.</param>
    /// <param name="model">Its fingerprint (<see cref="CalibrationSource.OfModel"/>); null to check the shape alone.</param>
    /// <param name="where">The statistics' path, for the message.</param>
    /// <exception cref="BadRequestException">They are of another model.</exception>
    public void RequireOf(ModelSpec spec, string? model, string where)
    {
        if (Layers.Count != spec.Layers.Count)
            throw new BadRequestException($"{where}: statistics of a model of {Layers.Count} layers; this one has {spec.Layers.Count}. Calibrate this model.");
        for (var l = 0; l < Layers.Count; l++)
        {
            var (found, wanted) = (Layers[l].Experts?.Experts ?? 0, (spec.Layers[l].FeedForward as MixtureSpec)?.Router.Experts ?? 0);
            if (found != wanted)
                throw new BadRequestException($"{where}: statistics of {found} experts in layer {l}; this model has {wanted}. Calibrate this model.");
        }
        if (model is not null && model != Source.Model)
            throw new BadRequestException($"{where}: statistics of a model of the same shape with other weights " +
                $"(fingerprint {Source.Model[..12]}; this one has {model[..12]}). Calibrate this model.");
    }

    /// <summary>Writes both files; the arrays first, so that what people read is never without them.</summary>
    /// <param name="folder">Made if it is missing.</param>
    public void Save(string folder)
    {
        var tensors = Layers.SelectMany((layer, l) => LayerStatisticsFile.Tensors($"layers.{l}.", layer)).ToList();
        if (Similarity.Length > 0)
            tensors.Add(LayerStatisticsFile.Sums("similarity", [.. Similarity.Cast<double>()], Similarity.GetLength(0), Similarity.GetLength(1)));
        SafetensorsWriter.Write(Path.Combine(folder, ArraysName), tensors, [new("fingerprint", Fingerprint)]);
        AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, CalibrationJson.Default.CalibrationStatistics) + "\n");
    }

    /// <summary>Reads statistics.</summary>
    /// <param name="path">Their folder, or one that holds them in "statistics".</param>
    /// <exception cref="BadRequestException">There are none.</exception>
    /// <exception cref="BadModelException">They are damaged, or the two files do not belong together.</exception>
    public static CalibrationStatistics Load(string path)
    {
        var folder = FolderOf(path);
        var header = ReadHeader(Path.Combine(folder, FileName));
        using var file = SafetensorsFile.Open(Path.Combine(folder, ArraysName));
        if (file.Metadata.GetValueOrDefault("fingerprint") != header.Fingerprint)
            throw new BadModelException($"{folder}: {FileName} and {ArraysName} are of different calibrations. Calibrate again.");
        var reader = new StatisticsReader(file);
        var layers = new List<LayerStatistics>();
        while (reader.Has($"layers.{layers.Count}.residual.tokens")) layers.Add(LayerStatisticsFile.Read(reader, $"layers.{layers.Count}."));
        var similarity = reader.Has("similarity") ? Square(reader.Sums("similarity", layers.Count + 1, layers.Count + 1), layers.Count + 1) : new double[0, 0];
        reader.RefuseRest();
        return header with { Layers = layers, Similarity = similarity };
    }

    /// <summary>Whether statistics are there.</summary>
    public static bool Exist(string path) => File.Exists(Path.Combine(path, FileName)) || File.Exists(Path.Combine(path, "statistics", FileName));

    static string FolderOf(string path) => File.Exists(Path.Combine(path, FileName)) ? path
        : Exist(path) ? Path.Combine(path, "statistics")
        : throw new BadRequestException($"{path} holds no {FileName}. Write one with: moesaic calibrate MODEL -o FOLDER --calibration TEXT");

    static CalibrationStatistics ReadHeader(string path)
    {
        try
        {
            var header = JsonSerializer.Deserialize(File.ReadAllBytes(path), CalibrationJson.Default.CalibrationStatistics)
                ?? throw new BadModelException($"{path} is null. Calibrate again.");
            return header.Format == CurrentFormat ? header
                : throw new BadModelException($"{path} is of version {header.Format}, not {CurrentFormat}. Calibrate again.");
        }
        catch (JsonException e)
        {
            throw new BadModelException($"{path} is damaged: {e.Message} Calibrate again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadRequestException($"{path} cannot be read: {e.Message}", e);
        }
    }

    internal static double[,] Square(double[] values, int side)
    {
        var square = new double[side, side];
        Buffer.BlockCopy(values, 0, square, 0, values.Length * sizeof(double));
        return square;
    }
}
