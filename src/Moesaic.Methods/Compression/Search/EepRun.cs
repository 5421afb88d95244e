using System.Globalization;
using Moesaic.Formats;
using Moesaic.Methods.Progress;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Compression.Search;

/// <summary>EEP on a model.</summary>
/// <param name="source">The model; stays the caller's.</param>
/// <param name="options">Numbers of the evolution.</param>
/// <param name="spaces">Per mixture layer its choices.</param>
/// <param name="metric">What fitness is.</param>
sealed class EepRun(ModelPieces source, EepOptions options, IReadOnlyDictionary<int, KeptExperts> spaces, IModelMetric metric)
{
    IReadOnlyList<EepCandidate> found = [];

    /// <summary>The layers of each group.</summary>
    public int[][] Groups { get; } = GroupsOf(source.Spec, options);

    /// <summary>A file of what was measured, to go on from; null: none.</summary>
    public string? Journal { get; init; }

    /// <summary>For people.</summary>
    public List<string> Notes { get; } = [];

    static int[][] GroupsOf(ModelSpec spec, EepOptions options) =>
        options.Layers.Count > 0 ? LayerGroups.Of(spec, options.Layers) : LayerGroups.ByDepth(spec, options.Groups);

    /// <summary>Refuses what cannot be, before text is read.</summary>
    /// <exception cref="BadRequestException">Layers of a group differ, or a router has no map.</exception>
    public static void Check(ModelSpec spec, EepOptions options, IReadOnlyDictionary<int, KeptExperts> spaces)
    {
        MergedLayers.Check(spec, options.Merging > 0);
        if (options.Metric == EepMetric.Signature) SignatureMetric.Check(spec);
        foreach (var group in GroupsOf(spec, options))
            if (group.Select(l => spaces[l]).Distinct().Count() > 1)
                throw new BadRequestException($"Layers {group[0]} to {group[^1]} share a map, but differ in their experts; name groups of layers that are alike.");
    }

    /// <summary>Evolves, and measures the best ones once more.</summary>
    /// <param name="seed">Of all that is drawn.</param>
    /// <param name="progress">Is told about it.</param>
    /// <param name="cancellation">Stops between layers.</param>
    /// <returns>The map of each mixture layer, its fitness on the search's text and on the other.</returns>
    public (IReadOnlyDictionary<int, ExpertMap> Maps, double Fitness, double Retest) Decide(ulong seed, IProgressReporter progress, CancellationToken cancellation)
    {
        double[] known = Journal is not null && File.Exists(Journal)
            ? [.. File.ReadLines(Journal).Select(line => double.Parse(line, CultureInfo.InvariantCulture))] : [];
        var measured = known.ToList();
        using var task = progress.Begin("evolve experts", options.Pruning + options.Merging, "models", known.Length);
        found = new Eep([.. Groups.Select(g => spaces[g[0]])], options, seed).Run(maps => Measure(maps, other: false, cancellation), known, (fitness, count) =>
        {
            measured.Add(fitness);
            if (Journal is not null) AtomicFile.WriteText(Journal, string.Concat(measured.Select(f => f.ToString("R", CultureInfo.InvariantCulture) + "\n")));
            task.Report(count, new Steps.Figure("fitness", fitness));
        }, cancellation);
        var best = found[0];
        var retest = double.NaN;
        if (options.Retested > 0 && metric.HasOther)
        {
            var again = found.Take(options.Retested).Select(c => (Candidate: c, Fitness: Measure(c.Maps, other: true, cancellation))).MaxBy(c => c.Fitness);
            (best, retest) = again;
        }
        else if (options.Retested > 0) Notes.Add("the text has no blocks beside those of the search; the best ones were not measured again");
        Notes.Add(string.Create(CultureInfo.InvariantCulture, $"{found.Count} models measured on {metric.Described}; fitness {found[^1].Fitness:F2} to {found[0].Fitness:F2}"));
        return (ByLayer(best.Maps), best.Fitness, retest);
    }

    /// <summary>How often each expert of a layer stays among the best tenth of what was measured, 0 to 1.</summary>
    public double[] Standing(int layer)
    {
        var group = Array.FindIndex(Groups, g => g.Contains(layer));
        EepCandidate[] best = [.. found.Where(c => c.Maps[group].Chosen is not null).Take(Math.Max(1, found.Count / 10))];
        return [.. Enumerable.Range(0, spaces[layer].Experts).Select(e => best.Count(c => c.Maps[group].Chosen!.Contains(e)) / (double)best.Length)];
    }

    Dictionary<int, ExpertMap> ByLayer(IReadOnlyList<ExpertMap> maps) =>
        Groups.SelectMany((layers, g) => layers.Select(l => (l, maps[g]))).ToDictionary(p => p.l, p => p.Item2);

    double Measure(IReadOnlyList<ExpertMap> maps, bool other, CancellationToken cancellation)
    {
        using var merged = new MergedLayers(source, ByLayer(maps));
        return metric.Measure(merged, other, cancellation);
    }
}
