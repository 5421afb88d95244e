using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Methods.Calibration;

/// <summary>
/// The runtime's own router as it decides when only some experts are there, on scores that are known already. Nothing of it is written anew: the
/// slots after the score are those of <see cref="Router"/>, with the vectors of the experts that stay.
/// </summary>
/// <param name="Router">Reads [T, columns] scores as its input.</param>
/// <param name="Kept">The experts that stay, rising.</param>
/// <param name="Masked">
/// Whether all E columns are there and those of absent experts hold −∞; otherwise only those of <see cref="Kept"/> are. Groups of experts
/// need it where different numbers stay.
/// </param>
readonly record struct RouterSubset(Router Router, int[] Kept, bool Masked)
{
    /// <summary>Number of columns.</summary>
    public int Columns => Router.Spec.Experts;

    /// <summary>The router with all experts on known scores.</summary>
    public static RouterSubset All(Router router) => Of(router, [.. Enumerable.Range(0, router.Spec.Experts)]);

    /// <summary>The router with some experts.</summary>
    /// <exception cref="ArgumentException">Fewer stay than a token chooses, or they do not rise.</exception>
    public static RouterSubset Of(Router router, int[] kept)
    {
        var spec = router.Spec;
        if (kept.Length < spec.Chosen) throw new ArgumentException($"{kept.Length} experts stay, a token chooses {spec.Chosen}", nameof(kept));
        for (var j = 0; j < kept.Length; j++)
            if (kept[j] < 0 || kept[j] >= spec.Experts || (j > 0 && kept[j] <= kept[j - 1]))
                throw new ArgumentException($"experts {string.Join(' ', kept)} of {spec.Experts} are not rising numbers", nameof(kept));
        var masked = spec.Groups is { } groups && !EqualGroups(kept, groups.Count, spec.Experts / groups.Count);
        int[] columns = masked ? [.. Enumerable.Range(0, spec.Experts)] : kept;
        var bias = Vector(router.SelectionBias, columns);
        if (masked && bias is not null)
            foreach (var e in Enumerable.Range(0, spec.Experts).Except(kept)) bias.Span[e] = float.NegativeInfinity;
        return new RouterSubset(Known(spec, columns.Length, bias, Vector(router.Gain, columns)), kept, masked);
    }

    /// <summary>A router that reads its scores.</summary>
    /// <param name="spec">The pipeline.</param>
    /// <param name="experts">Columns.</param>
    /// <param name="bias">Of the selection, or null.</param>
    /// <param name="gain">Or null.</param>
    public static Router Known(RouterSpec spec, int experts, Tensor? bias, Tensor? gain) =>
        new(spec with { Experts = experts, Key = RouterKey.Token, Keys = 0, KeyWidth = 0, Noise = RouterNoise.None }, new KnownScores(), bias, gain);

    /// <summary>Writes the columns of one token.</summary>
    /// <param name="scores">E scores.</param>
    /// <param name="columns">As many as <see cref="Columns"/>; overwritten.</param>
    void Fill(ReadOnlySpan<float> scores, Span<float> columns)
    {
        if (Masked)
        {
            columns.Fill(float.NegativeInfinity);
            foreach (var e in Kept) columns[e] = scores[e];
            return;
        }
        var kept = Kept;
        for (var j = 0; j < kept.Length && j < columns.Length; j++) columns[j] = scores[kept[j]];
    }

    /// <summary>Decides for T tokens among the experts that stay.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="scores">[T, E], see <see cref="LayerSample.Scores"/>.</param>
    /// <returns>The decisions by the numbers of all E experts.</returns>
    public Routing Route(Workspace workspace, Tensor scores)
    {
        var columns = workspace.Rent(scores.Rows, Columns);
        for (var t = 0; t < scores.Rows; t++) Fill(scores.Row(t), columns.Row(t));
        return Named(workspace, Router.Route(workspace, columns, LayerSample.NoTokens, null));
    }

    /// <summary>Decisions by the numbers of all E experts.</summary>
    public Routing Named(Workspace workspace, in Routing routing)
    {
        if (Masked) return routing;
        var named = workspace.RentIndices(routing.Chosen.Length);
        var chosen = routing.Chosen.Span;
        for (var i = 0; i < chosen.Length; i++) named[i] = chosen[i] < 0 ? -1 : Kept[chosen[i]];
        return routing with { Chosen = named.AsMemory(0, chosen.Length) };
    }

    /// <summary>Refuses routers whose decisions on a sample of tokens would not be those of the whole text.</summary>
    /// <param name="spec">The pipeline.</param>
    /// <param name="where">For the message.</param>
    /// <exception cref="BadModelException">Tokens compete, groups have scores of their own, or choices go or are mapped after the router.</exception>
    public static void Check(RouterSpec spec, string where)
    {
        const string Instead = "choose a method that scores experts one by one (reap, ean, frequency)";
        if (spec.Capacity is not null || spec.Selection.Kind is SelectionKind.ExpertChoice or SelectionKind.AverageAbove)
            throw new BadModelException($"{where}: the router's decision for a token depends on other tokens ({spec.LooksAt}), which a search over a sample of tokens cannot repeat; {Instead}");
        if (spec.Groups is { Score: GroupScore.Own })
            throw new BadModelException($"{where}: groups of experts have a router of their own, which a search over subsets does not repeat; {Instead}");
        if (spec is { Groups: not null, Norm: not null })
            throw new BadModelException($"{where}: normalised logits beside groups of experts: what a missing expert changes is not defined; {Instead}");
        if (spec.Policy is { Takes: true })
            throw new BadModelException($"{where}: the checkpoint's routing policy takes choices away, and a search judges what the router itself chooses; write the checkpoint without it first (policy: none)");
        if (spec.Map is not null)
            throw new BadModelException($"{where}: the router's probabilities are mapped to experts; a search over subsets needs a router that scores them");
    }

    static bool EqualGroups(int[] kept, int groups, int size) =>
        kept.CountBy(e => e / size).Select(g => g.Value).Distinct().Count() == 1 && kept.DistinctBy(e => e / size).Count() == groups;

    static Tensor? Vector(Tensor? of, int[] columns) => of is null ? null : new Tensor(1, columns.Length, [.. columns.Select(e => of.Span[e])]);

    sealed class KnownScores : IRouterScore
    {
        public IReadOnlyList<WeightMatrix> Matrices => [];

        public Tensor Logits(Workspace workspace, Tensor x) => x;
    }
}
