using Moesaic.Methods.Calibration;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Divisions;
using Moesaic.Models;

namespace Moesaic.Methods.Construction;

/// <summary>What a split costs, by the shape alone. Weights are there one layer at a time.</summary>
/// <param name="dense">The source.</param>
/// <param name="options">What is done.</param>
sealed class SplitCost(ModelSpec dense, SplitStepOptions options)
{
    const long Process = 300_000_000;       // runtime, tokenizer, plan
    const int RowsPerPass = 8;
    const double ReadBytesPerSecond = 500e6;

    // What one thread of a server core sustains in a pass forwards; plans say "about".
    const double FlopsPerThread = 70e9;

    readonly long parameters = ParameterCounts.Of(dense).Total;
    readonly long tokens = options.NeedsCalibration ? options.EffectiveCalibration.Tokens!.Value : 0;

    bool Weighs => options.SplitsFeedForward && options.Method is SplitMethod.TokenClusters or SplitMethod.DocumentClusters;

    // Whether single calibration tokens are looked at, of all layers.
    bool Gathers => options.SplitsFeedForward && options.NeedsCalibration && options.Plan is null;

    bool LooksAtText => options.SplitsFeedForward && options.LooksAtText;

    bool MeasuresScale => options.SplitsFeedForward && options.MeasuresScale;

    bool FitsAttention => options.Plan is null && options.Attention is { NeedsCalibration: true };

    // Held-out text without a limit is taken for a million tokens.
    long HeldOut => options.HeldOut is { } text ? text.ExpectedTokens : 0;

    long Kept => Math.Min(tokens, options.ClusterTokens);

    /// <summary>How often the weights are read: by each pass, to write and to read back.</summary>
    public int Reads => 3 + (Gathers ? 2 : 0) + (Weighs ? 2 : LooksAtText ? 1 : 0) + (MeasuresScale ? 2 : 0)
        + (FitsAttention ? 2 : 0) + (options.HeldOut is null ? 0 : 2);

    /// <summary>Highest memory: two layers (source and mixture), the residual stream of all tokens twice, a pass, what a method sums.</summary>
    public long PeakBytes
    {
        get
        {
            long width = dense.Layers.Max(l => l.FeedForward is DenseSpec d ? d.Width : 0), pass = (long)RowsPerPass * options.Context;
            var streams = Math.Max(HeldOut, (2 * tokens) + (Gathers ? 2 * Kept : 0));
            var layerwise = ModelLayers.PeakBytes(dense) + (sizeof(float) * ((streams * dense.Width) + (pass * ((6 * width) + (12L * dense.Width)))))
                + (options.Method == SplitMethod.CoActivation ? sizeof(float) * width * width : 0);
            return Process + layerwise;
        }
    }

    /// <summary>Temporary files: what layers read, for the way back and for clusters and routers.</summary>
    public long SpillBytes => sizeof(float) * (long)dense.Width * dense.Layers.Count * ((Weighs ? tokens : 0) + (Gathers ? Kept : 0));

    /// <summary>Expected duration in seconds.</summary>
    public double Seconds(long weightBytes, int threads)
    {
        // In passes forwards; the way back costs two besides what is computed again.
        var passes = (Gathers ? 1 : 0) + (Weighs ? 4 : LooksAtText ? 1 : 0) + (MeasuresScale ? 1.5 : 0) + (FitsAttention ? 2 : 0);
        return 5 + (2.0 * ((passes * tokens) + (2 * HeldOut)) * (parameters - ((long)dense.VocabularySize * dense.Width)) / (FlopsPerThread * threads)) + (Reads * weightBytes / ReadBytesPerSecond);
    }
}
