using System.Globalization;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Evaluation;
using Moesaic.Models.Loading;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Compression.Search;

/// <summary>−100 times the loss, one layer in memory at a time.</summary>
sealed class LossMetric : IModelMetric
{
    readonly Batch[] first, second;
    readonly int length;

    /// <summary>Divides a text.</summary>
    /// <param name="data">Its blocks by turns: even ones are for the search, odd ones for the last word, so that both are alike.</param>
    /// <param name="tokens">Most tokens of each.</param>
    public LossMetric(PackedDataset data, int tokens)
    {
        length = data.Length;
        var count = Math.Max(1, Math.Min((data.Blocks + 1) / 2, (tokens + data.Length - 1) / data.Length));
        Batch[] Of(int start) => [.. Enumerable.Range(0, count).Select(i => start + (2 * i)).Where(b => b < data.Blocks).Chunk(8).Select(rows => data.Batch(rows, padId: 0))];
        (first, second) = (Of(0), Of(1));
    }

    public bool HasOther => second.Length > 0;

    public string Described => string.Create(CultureInfo.InvariantCulture, $"{first.Sum(b => b.TargetCount):N0} tokens");

    public double Measure(ModelPieces model, bool other, CancellationToken cancellation)
    {
        using var layers = ModelLayers.Of(model, owned: false);
        var loss = LayerwisePerplexity.Measure(layers, other ? second : first, length, cancellation).Loss;
        return double.IsFinite(loss) ? -100 * loss : -1e9;     // a map may blow a model up: it is no parent, and no error
    }
}
