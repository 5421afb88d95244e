using System.Globalization;
using Moesaic.Formats;
using Moesaic.Methods.Compression.Allocation;
using Moesaic.Methods.Compression.Plans;
using Moesaic.Models;

namespace Moesaic.Methods.Compression.Search;

/// <summary>The choosing phase of EEP as a method of the step prune; the step evolve merges too.</summary>
/// <param name="options">Of the step.</param>
sealed class EepPruner(PruneStepOptions options) : IPruner
{
    /// <inheritdoc/>
    public bool NeedsText => options.Eep.Metric == EepMetric.Loss;

    /// <inheritdoc/>
    public void Check(ModelSpec spec)
    {
        SearchCheck.Run("eep", options, spec, layerwise: false);
        if (options.Scope == PruneScope.Global) throw new BadRequestException("eep gives the layers of a group the same experts; take scope layer.");
        if (options.Eep.Merging > 0) throw new BadRequestException("eep in a prune only chooses experts; the step evolve merges them too.");
        EepRun.Check(spec, options.Eep, SearchCheck.Alike(options.Target, spec));
    }

    /// <inheritdoc/>
    public PrunePlan Decide(PruneWork work)
    {
        var spaces = SearchCheck.Alike(work.Target, work.Spec);
        var run = new EepRun(work.Source, options.Eep, spaces, Metric(work)) { Journal = Path.Combine(work.Context.WorkFolder, "eep.txt") };
        var best = run.Decide(work.Context.Seed, work.Context.Progress, work.Context.Cancellation);
        work.Notes.AddRange(run.Notes);
        LayerRanking[] rankings = [.. best.Maps.OrderBy(m => m.Key).Select(m =>
        {
            // How often an expert stays among the best: what the search says of experts one by one.
            var scores = run.Standing(m.Key);
            return work.Target.Rank(m.Key, work.Spec.Mixture(m.Key).Router, scores, Naee.Ranking(m.Value.Chosen!, scores), []);
        })];
        var plan = new PrunePlan
        {
            Method = "eep", Model = work.Fingerprint, Seed = work.Context.Seed, Scope = PruneScope.Layer, Ratio = work.Target.Ratio, Layers = rankings,
            Decided = ExpertSelection.All(work.Spec),
            Parameters = new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["pruning"] = options.Eep.Pruning.ToString(CultureInfo.InvariantCulture), ["groups"] = string.Join(' ', run.Groups.Select(g => $"{g[0]}-{g[^1]}")),
                ["metric"] = NeedsText ? string.Create(CultureInfo.InvariantCulture, $"loss of {options.Eep.Tokens} tokens") : string.Create(CultureInfo.InvariantCulture, $"signature of {options.Eep.SignatureItems} methods"),
            },
        };
        return plan with { Decided = plan.Selected([.. rankings.Select(r => spaces[r.Layer].Kept)]) };
    }

    IModelMetric Metric(PruneWork work) =>
        NeedsText ? new LossMetric(work.Data, options.Eep.Tokens) : new SignatureMetric(work.Context.InputFolder, options.Eep);
}
