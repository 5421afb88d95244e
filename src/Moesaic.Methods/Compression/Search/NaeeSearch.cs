using Moesaic.Methods.Progress;

namespace Moesaic.Methods.Compression.Search;

/// <summary>NAEE over a whole model (Lu et al. 2024): all subsets of every layer, the layers apart or progressively.</summary>
/// <param name="text">The text.</param>
/// <param name="options">Numbers of the search.</param>
/// <param name="progressive">Whether layers read what pruned layers give.</param>
sealed class NaeeSearch(SearchText text, SearchOptions options, bool progressive)
{
    /// <summary>Searches.</summary>
    /// <param name="spaces">Per mixture layer its choices.</param>
    /// <param name="journal">Knows finished layers.</param>
    /// <param name="progress">Is told about it.</param>
    /// <param name="cancellation">Stops between groups of choices.</param>
    public LayerChoice[] Run(IReadOnlyDictionary<int, KeptExperts> spaces, SearchJournal journal, IProgressReporter progress, CancellationToken cancellation)
    {
        foreach (var (layer, space) in spaces) ExhaustiveSearch.Check(space, options.Limit, $"layer {layer}");
        const string Stage = "naee";
        var found = spaces.Keys.Select(l => journal.Layer(Stage, l)).OfType<LayerChoice>().ToDictionary(c => c.Layer);
        long total = spaces.Values.Sum(s => s.Count), judged = found.Keys.Sum(l => spaces[l].Count);
        using var task = progress.Begin("judge subsets of experts", total, "subsets", judged);
        new LayerWalk(text, progressive).Run(l => found.TryGetValue(l, out var known) ? known.Best[0].Kept : null, (l, outputs) =>
        {
            var best = ExhaustiveSearch.Run(spaces[l], Naee.Objective(outputs, options.Loss), options.Limit, where: $"layer {l}",
                progress: done => task.Report(judged + done), cancellation: cancellation);
            found[l] = new LayerChoice(l, outputs.RemovalErrors(), best);
            judged += spaces[l].Count;
            journal.Write(Stage, found[l]);
            return best[0].Kept;
        }, cancellation);
        return [.. found.Values.OrderBy(c => c.Layer)];
    }
}
