using System.Globalization;
using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Compression.Allocation;
using Moesaic.Methods.Compression.Plans;
using Moesaic.Methods.Data;
using Moesaic.Models;

namespace Moesaic.Methods.Compression.Search;

/// <summary>The methods that judge choices of a layer's experts by the layer's output: NAEE, NAEE progressive and MoE-I².</summary>
/// <param name="name">Of the method.</param>
/// <param name="options">Of the step.</param>
sealed class SearchPruner(string name, PruneStepOptions options) : IPruner
{
    bool Genetic => options.Method == PruneMethod.MoeI2;

    /// <inheritdoc/>
    public bool NeedsText => true;

    /// <inheritdoc/>
    public void Check(ModelSpec spec)
    {
        SearchCheck.Run(name, options, spec, layerwise: true);
        if (Genetic)
        {
            if (options.Scope == PruneScope.Global)
                ImportanceCounts.Share(SearchCheck.Shares(options.Target, spec), ExpertCounts.Removed(spec.MixtureLayers.Sum(l => Router(spec, l).Experts), options.Ratio!.Value));
            return;
        }
        if (options.Scope == PruneScope.Global) throw new BadRequestException($"{name} decides each layer by itself; take scope layer, or method moe_i2, whose layers lose by their importance.");
        foreach (var (layer, space) in SearchCheck.Alike(options.Target, spec)) ExhaustiveSearch.Check(space, options.Search.Limit, $"layer {layer}");
    }

    /// <inheritdoc/>
    public PrunePlan Decide(PruneWork work)
    {
        using var layers = ModelLayers.Of(work.Source, owned: false);
        var text = new SearchText(layers, work.Data, options.Search.Tokens, ModelTokenizer.Load(work.Context.InputFolder, work.Spec).SpecialIds, options.Pass.RowsPerPass);
        var journal = new SearchJournal(Path.Combine(work.Context.WorkFolder, "search"));
        var found = Genetic ? MoeI2(work, text, journal)
            : new NaeeSearch(text, options.Search, options.Method == PruneMethod.NaeeProgressive)
                .Run(SearchCheck.Alike(work.Target, work.Spec), journal, work.Context.Progress, work.Context.Cancellation);
        work.Notes.Add(string.Create(CultureInfo.InvariantCulture, $"choices judged on {text.Sample.Rows:N0} tokens"));
        return Plan(work, found);
    }

    LayerChoice[] MoeI2(PruneWork work, SearchText text, SearchJournal journal)
    {
        var search = new MoeI2Search(text, options.Search, work.Context.Seed);
        int[] layers = [.. work.Spec.MixtureLayers];
        var importance = search.Importance(layers, journal, work.Context.Progress, work.Context.Cancellation);
        var spaces = SearchCheck.Alike(work.Target with { Scope = PruneScope.Layer }, work.Spec);
        if (work.Target.Scope == PruneScope.Global)
        {
            var shares = SearchCheck.Shares(work.Target, work.Spec);
            var counts = MoeI2Search.Counts(importance, shares, ExpertCounts.Removed(shares.Sum(s => s.Experts), work.Target.Ratio!.Value));
            spaces = layers.Zip(counts).ToDictionary(p => p.First, p => SearchCheck.Space(work.Spec, p.First, p.Second));
        }
        return search.Run(spaces, importance, journal, work.Context.Progress, work.Context.Cancellation);
    }

    PrunePlan Plan(PruneWork work, LayerChoice[] found)
    {
        LayerRanking[] rankings = [.. found.Select(c =>
        {
            double[] removal = [.. c.Removal.Select(r => double.IsFinite(r) ? r : 0)];
            return work.Target.Rank(c.Layer, Router(work.Spec, c.Layer), removal, Naee.Ranking(c.Best[0].Kept, removal), []);
        })];
        var plan = new PrunePlan
        {
            Method = name, Parameters = Parameters(), Model = work.Fingerprint, Seed = work.Context.Seed, Scope = work.Target.Scope, Ratio = work.Target.Ratio,
            Layers = rankings, Decided = ExpertSelection.All(work.Spec),
        };
        return plan with { Decided = plan.Selected([.. found.Select(c => c.Best[0].Kept.Length)]) };
    }

    SortedDictionary<string, string> Parameters()
    {
        var search = options.Search;
        string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
        var parameters = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["tokens"] = Text(search.Tokens), ["loss"] = search.Loss.ToString() };
        if (!Genetic) return parameters;
        foreach (var (key, value) in new (string, IFormattable)[]
        {
            ("population", search.Population), ("generations", search.Generations), ("parents", search.Parents), ("mutation", search.Mutation),
            ("window", search.Window), ("candidates", search.Candidates),
        }) parameters[key] = Text(value);
        return parameters;
    }

    static RouterSpec Router(ModelSpec spec, int layer) => spec.Mixture(layer).Router;
}
