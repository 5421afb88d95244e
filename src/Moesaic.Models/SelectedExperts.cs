using Moesaic.Formats;

namespace Moesaic.Models;

/// <summary>What a mixture is when only some of its experts stay.</summary>
static class SelectedExperts
{
    /// <summary>The experts of the source by their new numbers.</summary>
    /// <param name="mixture">Of the source.</param>
    /// <param name="layer">With experts.</param>
    public static int[] Order(MixtureSpec mixture, LayerSelection layer)
    {
        if (layer.KeepsRouter) return [.. Enumerable.Range(0, mixture.Router.Experts)];
        var size = mixture.Router.Experts / (mixture.Router.Groups?.Count ?? 1);
        return [.. layer.Experts!.OrderBy(e => e / size)];      // stable: within a group as given
    }

    /// <summary>The mixture that stays; checks that the selection makes sense.</summary>
    public static MixtureSpec Shape(MixtureSpec mixture, LayerSelection layer)
    {
        var router = mixture.Router;
        var where = $"Layer {layer.Layer}";
        var seen = new bool[router.Experts];
        foreach (var e in layer.Experts!)
        {
            if (e < 0 || e >= router.Experts) throw new BadRequestException($"{where}: expert {e} cannot be kept, there are experts 0 to {router.Experts - 1}.");
            if (seen[e]) throw new BadRequestException($"{where}: expert {e} is kept twice.");
            seen[e] = true;
        }
        var present = layer.Experts.Count(e => mixture.ExpertWidths[e] > 0);
        if (present == 0) throw new BadRequestException($"{where}: no expert is kept; drop its feed-forward instead, or keep one.");
        if (layer.KeepsRouter) return mixture with { ExpertWidths = [.. mixture.ExpertWidths.Select((w, e) => seen[e] ? w : 0)] };
        if (layer.Experts.Count < router.Chosen)
            throw new BadRequestException($"{where}: {layer.Experts.Count} experts are kept, and a token gets {router.Chosen}; keep at least that many, keep the router's rows, or lower the number of experts per token first.");
        return mixture with
        {
            Router = layer.Experts.SequenceEqual(Enumerable.Range(0, router.Experts)) ? router : Shape(router, layer, where, Order(mixture, layer)),
            ExpertWidths = [.. Order(mixture, layer).Select(e => mixture.ExpertWidths[e])],
        };
    }

    static RouterSpec Shape(RouterSpec router, LayerSelection layer, string where, int[] order)
    {
        if (router.Score == RouterScore.Hash)
            throw new BadRequestException($"{where}: its router hashes tokens to {router.Experts} experts and cannot do without some or in another order; keep the router's rows.");
        return router with
        {
            Experts = layer.Experts!.Count,
            Groups = router.Groups is { } groups ? Shape(groups, router.Experts / groups.Count, layer.Experts, where) : null,
            ScoreWidth = router is { Score: RouterScore.Mlp, ScoreWidth: 0, Map: null } && layer.Experts.Count < router.Experts ? router.Experts : router.ScoreWidth,
            Map = router.Map?.Select(order),
            Policy = router.Policy is not { } policy ? null
                : policy with { Masked = [.. Enumerable.Range(0, order.Length).Where(e => policy.Masked.Contains(order[e]))] },
        };
    }

    static ExpertGroups Shape(ExpertGroups groups, int size, IReadOnlyList<int> experts, string where)
    {
        if (groups.Score == GroupScore.Own && experts.Count < groups.Count * size)
            throw new BadRequestException($"{where}: its groups of experts have a router of their own, whose probabilities speak of all experts; keep the router's rows.");
        int[] counts = [.. experts.GroupBy(e => e / size).Select(g => g.Count())];
        if (counts.Distinct().Count() > 1)
        {
            var all = string.Join(", ", Enumerable.Range(0, groups.Count).Select(g => experts.Count(e => e / size == g)));
            throw new BadRequestException($"{where}: its experts are in {groups.Count} groups, of which {all} are kept; keep equally many of every group (or none of some), or keep the router's rows.");
        }
        if (counts.Length < groups.Kept || counts[0] * groups.Kept < groups.PerGroup * groups.Kept || (groups.Score == GroupScore.SumOfBestTwo && counts[0] < 2))
            throw new BadRequestException($"{where}: {counts.Length} groups of {counts[0]} experts are kept; a token chooses among {groups.Kept} groups"
                + $"{(groups.Score == GroupScore.SumOfBestTwo ? " by the best two experts of each" : "")}; keep more.");
        return groups with { Count = counts.Length };
    }
}
