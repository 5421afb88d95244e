using System.Globalization;
using Moesaic.Methods.Compression.Plans;
using Moesaic.Methods.Steps;
using Moesaic.Models;

namespace Moesaic.Methods.Compression;

/// <summary>A plan for people.</summary>
static class PruneReport
{
    const int Listed = 16;

    /// <summary>A row a layer that was ranked.</summary>
    public static ReportTable Table(PrunePlan plan) => plan.Drops is { } drops ? Drops(drops, plan.Decided) : new("Experts", ["layer", "experts", "kept", "best score", "worst kept", "best dropped", "dropped, the first to go first"],
        [.. plan.Layers.Select(layer => Row(layer, plan.Decided.Layers.FirstOrDefault(l => l.Layer == layer.Layer)))]);

    static ReportTable Drops(LayerDrops drops, ExpertSelection decided) => new(drops.WholeLayers ? "Layers" : "Feed-forwards", ["layer", "mean cosine of input and output", "stays"],
        [.. drops.Ranking.Zip(drops.Similarities).Select(pair => new[]
        {
            Text(pair.First), pair.Second.ToString("F5", CultureInfo.InvariantCulture),
            decided.Layers.Any(l => l.Layer == pair.First && !l.DropsFeedForward) ? "yes" : "no",
        })]);

    static IReadOnlyList<string> Row(LayerRanking layer, LayerSelection? decided)
    {
        IReadOnlyList<int> kept = decided is null or { DropsFeedForward: true } ? [] : decided.Experts ?? [.. Enumerable.Range(0, layer.Experts)];
        int[] dropped = [.. layer.Ranking.Except(kept).Reverse()];
        return
        [
            Text(layer.Layer), Text(layer.Experts), Text(kept.Count), Score(layer.Scores.Max()), kept.Count == 0 ? "-" : Score(kept.Min(e => layer.Scores[e])),
            dropped.Length == 0 ? "-" : Score(dropped.Max(e => layer.Scores[e])),
            string.Join(' ', dropped.Take(Listed).Select(e => Text(e))) + (dropped.Length > Listed ? " ..." : ""),
        ];
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    static string Score(double score) => score.ToString("G4", CultureInfo.InvariantCulture);
}
