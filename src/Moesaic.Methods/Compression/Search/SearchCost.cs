using Moesaic.Methods.Calibration;
using Moesaic.Models;

namespace Moesaic.Methods.Compression.Search;

/// <summary>What a search costs beside running the text through the model once, by shape and options alone.</summary>
/// <param name="options">Of the step.</param>
/// <param name="spec">The model.</param>
/// <param name="tokens">Of the text.</param>
sealed class SearchCost(PruneStepOptions options, ModelSpec spec, long tokens)
{
    const double FlopsPerThread = 70e9, JudgedPerThread = 2e6;      // tokens of a choice, in a second

    IEnumerable<MixtureSpec> Mixtures => spec.Layers.Select(l => l.FeedForward).OfType<MixtureSpec>();

    long Sampled => Math.Min(tokens, options.Search.Tokens);

    /// <summary>Memory beside that of a calibration: the cached outputs of a layer, its sample, and the streams of variants.</summary>
    public long Bytes => !options.Searches ? 0 : Mixtures.Max(m => CachedOutputs.Bytes(Sampled, m)) + (sizeof(float) * spec.Width * (2 * Sampled)) + options.Method switch
    {
        PruneMethod.NaeeProgressive => sizeof(float) * spec.Width * (tokens + Sampled),
        PruneMethod.MoeI2 => sizeof(float) * spec.Width * 2 * Sampled * (long)Math.Pow(options.Search.Candidates, options.Search.Window - 1),
        _ => 0,
    };

    /// <summary>Expected duration in seconds beside that of a calibration.</summary>
    /// <param name="pass">Seconds of one run of the text.</param>
    /// <param name="threads">Of the team.</param>
    public double Seconds(double pass, int threads)
    {
        if (options.Method == PruneMethod.Eep) return 2.0 * ParameterCounts.Of(spec).Active * options.Eep.MeasuredTokens * (options.Eep.Pruning + options.Eep.Retested) / (FlopsPerThread * threads);
        if (!options.Searches) return 0;
        var (outputs, judged) = (0.0, 0.0);
        foreach (var mixture in Mixtures)
        {
            outputs += 6.0 * Sampled * spec.Width * mixture.ExpertWidths.Sum() / (FlopsPerThread * threads);
            var choices = options.Method == PruneMethod.MoeI2 ? (double)options.Search.Population * options.Search.Generations : options.Search.Limit;
            judged += choices * Sampled / (JudgedPerThread * threads);
        }
        var variants = options.Method == PruneMethod.MoeI2 ? Math.Pow(options.Search.Candidates, options.Search.Window) : 0;
        return judged + (options.Method switch
        {
            PruneMethod.MoeI2 => (2 * outputs) + pass + (variants * pass * Sampled / Math.Max(1, tokens)),
            PruneMethod.NaeeProgressive => outputs + pass,
            _ => outputs,
        });
    }
}
