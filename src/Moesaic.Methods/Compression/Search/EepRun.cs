using System.Globalization;
using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Progress;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Compression.Search;

/// <summary>EEP on a model and a text: fitness is −100 times the loss, so that a point is a hundredth of a nat.</summary>
/// <param name="source">The model; stays the caller's.</param>
/// <param name="options">Numbers of the evolution.</param>
/// <param name="spaces">Per mixture layer its choices.</param>
/// <param name="data">The text; some blocks measure fitness, others the best ones once more.</param>
sealed class EepRun(ModelPieces source, EepOptions options, IReadOnlyDictionary<int, KeptExperts> spaces, PackedDataset data)
{
    IReadOnlyList<EepCandidate> found = [];

    /// <summary>The layers of each group.</summary>
    public int[][] Groups { get; } = GroupsOf(source.Spec, options);

    /// <summary>A file of what was measured, to go on from; null: none.</summary>
    public string? Journal { get; init; }

    /// <summary>Measures a model in place of its loss, for example by what it generates; more is better. Tolerances are in its unit.</summary>
    public Func<ModelPieces, double>? Metric { get; init; }

    /// <summary>For people.</summary>
    public List<string> Notes { get; } = [];

    static int[][] GroupsOf(ModelSpec spec, EepOptions options) =>
        options.Layers.Count > 0 ? LayerGroups.Of(spec, options.Layers) : LayerGroups.ByDepth(spec, options.Groups);

    /// <summary>Refuses what cannot be, before text is read.</summary>
    /// <exception cref="BadRequestException">Layers of a group differ, or a router has no map.</exception>
    public static void Check(ModelSpec spec, EepOptions options, IReadOnlyDictionary<int, KeptExperts> spaces)
    {
        MergedLayers.Check(spec, options.Merging > 0);
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
        var (first, other) = Blocks();
        double[] known = Journal is not null && File.Exists(Journal)
            ? [.. File.ReadLines(Journal).Select(line => double.Parse(line, CultureInfo.InvariantCulture))] : [];
        var measured = known.ToList();
        using var task = progress.Begin("evolve experts", options.Pruning + options.Merging, "models", known.Length);
        found = new Eep([.. Groups.Select(g => spaces[g[0]])], options, seed).Run(maps => Measure(maps, first, cancellation), known, (fitness, count) =>
        {
            measured.Add(fitness);
            if (Journal is not null) AtomicFile.WriteText(Journal, string.Concat(measured.Select(f => f.ToString("R", CultureInfo.InvariantCulture) + "\n")));
            task.Report(count, new Steps.Figure("fitness", fitness));
        }, cancellation);
        var best = found[0];
        var retest = double.NaN;
        if (options.Retested > 0 && other.Length > 0)
        {
            var again = found.Take(options.Retested).Select(c => (Candidate: c, Fitness: Measure(c.Maps, other, cancellation))).MaxBy(c => c.Fitness);
            (best, retest) = again;
        }
        else if (options.Retested > 0) Notes.Add("the text has no blocks beside those of the search; the best ones were not measured again");
        Notes.Add(string.Create(CultureInfo.InvariantCulture, $"{found.Count} models measured on {first.Sum(b => b.TargetCount):N0} tokens; fitness {found[^1].Fitness:F2} to {found[0].Fitness:F2}"));
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

    double Measure(IReadOnlyList<ExpertMap> maps, Batch[] text, CancellationToken cancellation)
    {
        using var merged = new MergedLayers(source, ByLayer(maps));
        if (Metric is not null) return Metric(merged);
        using var layers = ModelLayers.Of(merged, owned: false);
        var loss = LayerwisePerplexity.Measure(layers, text, data.Length, cancellation).Loss;
        return double.IsFinite(loss) ? -100 * loss : -1e9;     // a map may blow a model up: it is no parent, and no error
    }

    // Blocks in turn, so that both are alike: even ones for the search, odd ones for the last word.
    (Batch[] Search, Batch[] Retest) Blocks()
    {
        var count = Math.Max(1, Math.Min((data.Blocks + 1) / 2, (options.Tokens + data.Length - 1) / data.Length));
        Batch[] Of(int start) => [.. Enumerable.Range(0, count).Select(i => start + (2 * i)).Where(b => b < data.Blocks).Chunk(8).Select(rows => data.Batch(rows, padId: 0))];
        return (Of(0), Of(1));
    }
}
