using System.Globalization;
using System.Text.Json;
using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Compression.Allocation;
using Moesaic.Methods.Compression.Plans;
using Moesaic.Methods.Compression.Scores;
using Moesaic.Models;

namespace Moesaic.Methods.Compression;

/// <summary>
/// Ranks experts by a score; in rounds, with statistics of what is left before each (MC-Suite, "MoE lottery subnetworks": with half of the experts gone worth more than the choice of
/// the score).
/// </summary>
/// <param name="name">Of the method, for the plan.</param>
/// <param name="score">What an expert is worth.</param>
/// <param name="options">Of the step.</param>
sealed class ScorePruner(string name, IExpertScore score, PruneStepOptions options) : IPruner
{
    /// <inheritdoc/>
    public bool NeedsText => score is not RandomScore || options.ProtectSuperExperts;

    /// <inheritdoc/>
    public void Check(ModelSpec spec)
    {
        if (options is { Statistics: not null, Calibration: not null, Rounds: 1 })
            throw new BadRequestException("Statistics are there, and a score needs no text beside them; leave calibration out, or statistics.");
        if (options.Fallback != FewTokens.AllTokens) return;
        if (!score.IsMeanOfRouted)
            throw new BadRequestException($"{name} is no mean over an expert's own tokens: few tokens are what it says, and there is nothing to estimate from all; choose another fallback.");
        if (options.Statistics is null && options.Calibration is not null && options.Pass.Rows != CalibratedRows.All)
            throw new BadRequestException("fallback all_tokens needs what every expert gives for every token; gather it with pass rows: all.");
    }

    /// <inheritdoc/>
    public PrunePlan Decide(PruneWork work)
    {
        var target = work.Target;
        int[] layers = [.. work.Spec.MixtureLayers];
        Standing[] standing = [.. layers.Select(l => new Standing(l, work.Spec.Mixture(l).Router))];
        if (standing.Length == 0) throw new BadRequestException("The model has no mixture of experts.");
        var super = options.ProtectSuperExperts ? SuperExperts.Of([.. work.Statistics.Layers.Select(l => l.Experts)]) : new HashSet<(int, int)>();
        var source = "";
        for (var round = 1; round <= options.Rounds; round++)
        {
            var statistics = score is RandomScore ? null : round == 1 ? work.Statistics : work.Again(Selection(work.Spec, standing, target), round);
            if (round == 1) source = statistics?.Fingerprint ?? "";
            var rankings = standing.Select(s => Rank(s, statistics, super, work, target)).ToArray();
            if (round == 1) Standing.Plan(standing, target.Counts(rankings));
            Take(standing, rankings, round, target);
        }
        LayerRanking[] ranked = [.. standing.Select(s => s.Ranking(target, e => super.Contains((s.Layer, e))))];
        var plan = new PrunePlan
        {
            Method = name, Parameters = Parameters(), Model = work.Fingerprint, Statistics = source, Seed = work.Context.Seed, Scope = target.Scope,
            KeepsRouter = target.KeepsRouter, Ratio = target.Ratio, Layers = ranked, Decided = ExpertSelection.All(work.Spec),
        };
        return plan with { Decided = plan.Selected([.. standing.Select(s => s.Alive.Length)]) };
    }

    // Layers that compete are compared anew in every round; others lose in turns what they lose in all.
    void Take(Standing[] standing, LayerRanking[] rankings, int round, PruneTarget target)
    {
        int[] counts;
        if (target.Scope == PruneScope.Global)
        {
            var total = ExpertCounts.Removed(standing.Sum(s => s.Experts), target.Ratio!.Value);
            var gone = standing.Sum(s => s.Experts - s.Alive.Length);
            counts = ExpertCounts.Global(rankings, (int)((long)total * round / options.Rounds) - gone);
        }
        else
            counts = [.. standing.Select((s, i) => s.Experts - (int)((long)(s.Experts - s.Planned) / rankings[i].Groups * round / options.Rounds * rankings[i].Groups))];
        foreach (var ((s, ranking), count) in standing.Zip(rankings).Zip(counts)) s.Keep(ranking, count);
    }

    LayerRanking Rank(Standing standing, CalibrationStatistics? statistics, IReadOnlySet<(int Layer, int Expert)> super, PruneWork work, PruneTarget target)
    {
        if (statistics is null)
        {
            var drawn = ((RandomScore)score).Of(standing.Layer, standing.Experts);
            return Standing(drawn, [], []);
        }
        var all = statistics.Experts(standing.Layer);
        var scores = score.Of(standing.Layer, all);
        int[] few = [.. Enumerable.Range(0, all.Experts).Where(e => all.Routed[e] < options.MinimumTokens)];
        if (options.Fallback == FewTokens.AllTokens)
        {
            if (few.Length > 0 && all.AllOutputs is null)
                throw new BadRequestException("fallback all_tokens needs what every expert gives for every token, which these statistics do not have; calibrate with rows: all.");
            foreach (var e in few) scores[e] = score.OfAllTokens(all, e);
        }
        if (options.Normalise == ScoreNorm.LayerMean && scores.Average() is > 0 and var mean) scores = [.. scores.Select(s => s / mean)];
        if (few.Length > 0 && options.Fallback != FewTokens.Score)
            work.Notes.Add(string.Create(CultureInfo.InvariantCulture, $"layer {standing.Layer}: {few.Length} experts with fewer than {options.MinimumTokens} tokens: {options.Fallback}"));
        return Standing(scores, options.Fallback == FewTokens.Keep ? few : [], options.Fallback == FewTokens.Drop ? few : []);

        // Of what is left, by its place among it; statistics are of it alone unless routers keep their rows.
        LayerRanking Standing(double[] measured, int[] keep, int[] drop)
        {
            int[] places = measured.Length == standing.Alive.Length ? [.. Enumerable.Range(0, measured.Length)] : standing.Alive;
            var own = places.Select(p => measured[p]).ToArray();
            bool First(int i) => super.Contains((standing.Layer, standing.Alive[i])) || keep.Contains(places[i]);
            standing.Measured(own);
            return target.Rank(standing.Layer, standing.Router(own.Length), own, LayerRanking.Rank(own, First, i => drop.Contains(places[i])),
                [.. Enumerable.Range(0, own.Length).Where(First)]);
        }
    }

    static ExpertSelection Selection(ModelSpec spec, Standing[] standing, PruneTarget target)
    {
        var kept = standing.ToDictionary(s => s.Layer, s => s.Alive);
        return new ExpertSelection([.. spec.Layers.Select((_, l) => kept.TryGetValue(l, out var alive)
            ? new LayerSelection(l) { Experts = alive, KeepsRouter = target.KeepsRouter } : new LayerSelection(l))]);
    }

    SortedDictionary<string, string> Parameters()
    {
        var parameters = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (options.Rounds > 1) parameters["rounds"] = options.Rounds.ToString(CultureInfo.InvariantCulture);
        if (options.ProtectSuperExperts) parameters["protect_super_experts"] = "true";
        if (options.Fallback != FewTokens.Score) parameters["fallback"] = string.Create(CultureInfo.InvariantCulture, $"{Word(options.Fallback)} below {options.MinimumTokens}");
        if (options.Normalise != ScoreNorm.None) parameters["normalise"] = Word(options.Normalise);
        return parameters;

        static string Word<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
    }
}
