using Moesaic.Methods.Compression.Allocation;
using Moesaic.Methods.Progress;

namespace Moesaic.Methods.Compression.Search;

/// <summary>
/// Stage 1 of MoE-I² (Yang et al. 2024): layers lose experts inversely to what their experts matter, a genetic search finds good choices of each layer, and
/// windows of layers choose together among the best of them.
/// </summary>
/// <param name="text">The text.</param>
/// <param name="options">Numbers of the search.</param>
/// <param name="seed">Of all that is drawn.</param>
sealed class MoeI2Search(SearchText text, SearchOptions options, ulong seed)
{
    /// <summary>Measures what each expert's removal costs: the first of three walks.</summary>
    /// <param name="layers">The mixture layers.</param>
    /// <param name="journal">Knows finished layers.</param>
    /// <param name="progress">Is told about it.</param>
    /// <param name="cancellation">Stops between passes.</param>
    public LayerChoice[] Importance(IReadOnlyCollection<int> layers, SearchJournal journal, IProgressReporter progress, CancellationToken cancellation)
    {
        const string Stage = "removal";
        var found = layers.Select(l => journal.Layer(Stage, l)).OfType<LayerChoice>().ToDictionary(c => c.Layer);
        using var task = progress.Begin("measure removals of experts", layers.Count, "layers", found.Count);
        new LayerWalk(text, progressive: false).Run(l => found.ContainsKey(l) ? [] : null, (l, outputs) =>
        {
            found[l] = new LayerChoice(l, outputs.RemovalErrors(), []);
            journal.Write(Stage, found[l]);
            task.Report(found.Count);
            return [];
        }, cancellation);
        return [.. found.Values.OrderBy(c => c.Layer)];
    }

    /// <summary>Searches the choices of each layer, then those of windows.</summary>
    /// <param name="spaces">Per mixture layer its choices.</param>
    /// <param name="importance">Per mixture layer its removals.</param>
    /// <param name="journal">Knows finished layers and windows.</param>
    /// <param name="progress">Is told about it.</param>
    /// <param name="cancellation">Stops between generations and passes.</param>
    /// <returns>Per layer the decided choice first, then the others that the search found best.</returns>
    public LayerChoice[] Run(IReadOnlyDictionary<int, KeptExperts> spaces, IReadOnlyList<LayerChoice> importance, SearchJournal journal,
        IProgressReporter progress, CancellationToken cancellation)
    {
        var found = Genetic(spaces, importance.ToDictionary(c => c.Layer), journal, progress, cancellation);
        if (options.Window == 1 || options.Candidates == 1) return [.. found.Values.OrderBy(c => c.Layer)];
        var windows = found.ToDictionary(c => c.Key, c => (IReadOnlyList<int[]>)[.. c.Value.Best.Select(b => b.Kept)]);
        var layers = 0;
        using var task = progress.Begin("choose windows of layers together", found.Count, "layers");
        var joint = new WindowSearch(text.Part(options.Tokens)).Run(windows, options.Window, journal.Window, (first, kept) =>
        {
            journal.Write(first, kept);
            task.Report(layers += kept.Length);
        }, cancellation);
        return [.. found.Values.OrderBy(c => c.Layer).Select(c => c with
        {
            Best = [.. c.Best.OrderByDescending(b => b.Kept.SequenceEqual(joint[c.Layer]))],
        })];
    }

    Dictionary<int, LayerChoice> Genetic(IReadOnlyDictionary<int, KeptExperts> spaces, Dictionary<int, LayerChoice> importance, SearchJournal journal,
        IProgressReporter progress, CancellationToken cancellation)
    {
        const string Stage = "genetic";
        var found = spaces.Keys.Select(l => journal.Layer(Stage, l)).OfType<LayerChoice>().ToDictionary(c => c.Layer);
        using var task = progress.Begin("search experts genetically", (long)spaces.Count * options.Generations, "generations", (long)found.Count * options.Generations);
        new LayerWalk(text, progressive: false).Run(l => found.ContainsKey(l) ? [] : null, (l, outputs) =>
        {
            var before = found.Count;
            var best = GeneticSearch.Run(spaces[l], Naee.Objective(outputs, options.Loss), options.Genetic, Seed(l), options.Candidates,
                progress: done => task.Report(((double)before * options.Generations) + done), cancellation: cancellation);
            found[l] = new LayerChoice(l, importance[l].Removal, best);
            journal.Write(Stage, found[l]);
            return [];
        }, cancellation);
        return found;
    }

    int Seed(int layer) => unchecked((int)((seed + (ulong)layer) * 0x9E3779B97F4A7C15 >> 33));

    /// <summary>How many experts each layer keeps.</summary>
    /// <param name="layers">Per layer its removals.</param>
    /// <param name="shares">Experts, floor and step of the same layers.</param>
    /// <param name="removed">Experts that all layers lose together.</param>
    public static int[] Counts(IReadOnlyList<LayerChoice> layers, IReadOnlyList<LayerShare> shares, int removed)
    {
        // An infinite importance is that of a layer which can lose nobody.
        LayerShare[] weighed = [.. shares.Select((s, i) => s with { Importance = double.IsFinite(layers[i].Importance) ? layers[i].Importance : 0 })];
        return [.. ImportanceCounts.Share(weighed, removed).Select((gone, i) => shares[i].Experts - gone)];
    }
}
