using Moesaic.Models;

namespace Moesaic.Methods.Calibration;

/// <summary>What calibration costs, by the shape alone.</summary>
/// <param name="spec">The model.</param>
/// <param name="options">How.</param>
/// <param name="tokens">Of the text.</param>
/// <param name="length">Tokens of a block.</param>
sealed class CalibrationCost(ModelSpec spec, CalibrationOptions options, long tokens, int length)
{
    const long Process = 300_000_000;       // runtime, tokenizer
    const double FlopsPerThread = 70e9, ReadBytesPerSecond = 500e6;

    long Widest => spec.Layers.Max(l => l.FeedForward switch
    {
        DenseSpec dense => (long)dense.Width,
        MixtureSpec mixture => ((long)mixture.Router.Chosen * mixture.ExpertWidths.Max()) + mixture.SharedWidth,
        _ => 0,
    });

    bool All => options.Rows == CalibratedRows.All;

    /// <summary>Bytes of the finished statistics.</summary>
    public long StatisticsBytes => spec.Layers.Sum(layer =>
        (layer.FeedForward is MixtureSpec { Router: var router } ? OfRouter(router) + (sizeof(double) * (All ? 2L : 1) * router.Experts * (spec.Width + 5)) : 0)
        + (layer.Attention.Experts is { Router: var heads } ? OfRouter(heads) : 0)) + 100_000;

    static long OfRouter(RouterSpec router) =>
        sizeof(double) * ((2L * RouterStatistics.PlacesOf(router) * ShareHistogram.Bins) + (2L * router.Experts * router.Experts) + (5L * router.Experts));

    /// <summary>Bytes of what a run keeps to go on from.</summary>
    public long WorkBytes => StatisticsBytes + SampleBytes + (options.HiddenStates == StreamPlace.Disk ? FiledStreams.Bytes(tokens, spec.Width) : 0);

    long SampleBytes => sizeof(float) * (spec.Layers.Count + 1L) * Math.Min(options.SimilarityTokens, tokens) * spec.Width;

    /// <summary>Highest memory: a layer, the streams unless they are on disk, the sampled tokens, a pass, the statistics.</summary>
    public long PeakBytes => Process + ModelLayers.PeakBytes(spec) + StatisticsBytes + SampleBytes
        + (sizeof(float) * ((options.HiddenStates == StreamPlace.Memory ? tokens : 0) * spec.Width))
        + (sizeof(float) * (long)options.RowsPerPass * length * ((3 * Widest) + (14L * spec.Width)))
        + (All ? sizeof(float) * AllExperts.Rows * ((2L * spec.Width) + (3 * spec.Layers.Max(l => l.FeedForward is MixtureSpec m ? m.ExpertWidths.Max() : 0))) : 0);

    /// <summary>Expected duration in seconds.</summary>
    /// <param name="weightBytes">Of the model.</param>
    /// <param name="threads">Of the team.</param>
    public double Seconds(long weightBytes, int threads)
    {
        var counts = ParameterCounts.Of(spec);
        var perToken = (All ? counts.Total : counts.Active) - (2L * spec.VocabularySize * spec.Width);
        return 5 + (2.0 * tokens * Math.Max(0, perToken) / (FlopsPerThread * threads)) + (2 * weightBytes / ReadBytesPerSecond);
    }
}
