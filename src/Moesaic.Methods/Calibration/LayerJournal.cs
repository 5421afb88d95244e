using Moesaic.Formats;
using Moesaic.Tensors;

namespace Moesaic.Methods.Calibration;

/// <summary>A file per finished layer, so that hours of work are not done twice.</summary>
/// <param name="folder">Where; null: nothing is kept.</param>
/// <param name="fingerprint">Of what is calibrated: files of something else are no files.</param>
sealed class LayerJournal(string? folder, string fingerprint)
{
    const string Key = "fingerprint";

    string Place(int layer) => Path.Combine(folder!, FormattableString.Invariant($"layer-{layer:D4}.safetensors"));

    /// <summary>Keeps a layer.</summary>
    /// <param name="layer">Its number.</param>
    /// <param name="statistics">What was seen.</param>
    /// <param name="sample">What the sampled tokens were before it.</param>
    public void Write(int layer, LayerStatistics statistics, Tensor sample)
    {
        if (folder is null) return;
        var tensors = LayerStatisticsFile.Tensors("", statistics).ToList();
        if (sample.Rows > 0)
            tensors.Add(new TensorSource("sample", TensorType.F32, [sample.Rows, sample.Columns], sink => sink.WriteFloats(sample.Span)));
        SafetensorsWriter.Write(Place(layer), tensors, [new(Key, fingerprint)]);
    }

    /// <summary>The finished layers, from the first on.</summary>
    /// <param name="count">L.</param>
    /// <param name="boundaries">Filled for these layers.</param>
    public List<LayerStatistics> Read(int count, BoundarySamples boundaries)
    {
        var layers = new List<LayerStatistics>();
        for (var l = 0; folder is not null && l < count && File.Exists(Place(l)); l++)
        {
            using var file = SafetensorsFile.Open(Place(l));
            if (file.Metadata.GetValueOrDefault(Key) != fingerprint) break;
            var reader = new StatisticsReader(file);
            layers.Add(LayerStatisticsFile.Read(reader, ""));
            var sample = boundaries[l];
            if (sample.Rows > 0) reader.Floats("sample", sample.Rows, sample.Columns).CopyTo(sample.Span);
            reader.RefuseRest();
        }
        return layers;
    }
}
