using System.Globalization;
using Moesaic.Formats;
using Moesaic.Methods.Compression.Plans;
using Moesaic.Models;

namespace Moesaic.Methods.Compression.Drops;

/// <summary>Leaves out feed-forwards (layer_drop) or whole layers (block_drop).</summary>
/// <param name="wholeLayers">Which of the two.</param>
/// <param name="options">Of the step.</param>
sealed class DropPruner(bool wholeLayers, PruneStepOptions options) : IPruner
{
    string Name => wholeLayers ? "block_drop" : "layer_drop";

    /// <inheritdoc/>
    public bool NeedsText => true;

    /// <inheritdoc/>
    public void Check(ModelSpec spec)
    {
        if (options is { Consecutive: true, Statistics: null, Calibration: not null, Pass.SimilarityTokens: 0 })
            throw new BadRequestException("consecutive needs the likeness of all layers with all, on some tokens; give pass a similarity_tokens above 0.");
        Expected(spec, options.Target);
    }

    /// <inheritdoc/>
    public ExpertSelection Expected(ModelSpec spec, PruneTarget target)
    {
        // The later ones, as a rule.
        var candidates = wholeLayers ? Enumerable.Range(0, spec.Layers.Count) : LayerDrop.Candidates(spec);
        var drops = LayerDrops.Of(wholeLayers, [.. candidates], _ => 0);
        return drops.Without(spec.Layers.Count, Count(drops));
    }

    int Count(LayerDrops drops) => options.Count ?? drops.Count(options.Ratio!.Value);

    /// <inheritdoc/>
    public PrunePlan Decide(PruneWork work)
    {
        var statistics = work.Statistics;
        var drops = wholeLayers ? BlockDrop.Rank(statistics.Layers) : LayerDrop.Rank(work.Spec, statistics.Layers);
        var count = Count(drops);
        var parameters = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["count"] = count.ToString(CultureInfo.InvariantCulture) };
        if (options.Consecutive && count > 0)
        {
            var (start, similarity) = BlockDrop.BestWindow(statistics.Similarity, count);
            drops = BlockDrop.Window(drops, start, count);
            work.Notes.Add(string.Create(CultureInfo.InvariantCulture,
                $"layers {start} to {start + count - 1} go together: the stream before and after them has a mean cosine of {similarity:F4}"));
        }
        return new PrunePlan
        {
            Method = Name, Parameters = parameters, Model = work.Fingerprint, Statistics = statistics.Fingerprint, Seed = work.Context.Seed, Ratio = options.Ratio,
            Layers = [], Drops = drops, Decided = drops.Without(work.Spec.Layers.Count, count),
        };
    }
}
