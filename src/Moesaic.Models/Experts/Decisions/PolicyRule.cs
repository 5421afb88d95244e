namespace Moesaic.Models.Experts;

/// <summary>What a policy does with a token.</summary>
enum TokenFate : byte
{
    /// <summary>The rules apply.</summary>
    Plain,

    /// <summary>All choices stay.</summary>
    Protected,

    /// <summary>All choices go.</summary>
    Dropped,
}

/// <summary>A <see cref="RoutingPolicy"/> as passes follow it.</summary>
sealed class PolicyRule
{
    readonly RoutingPolicy policy;
    readonly int experts;
    readonly float[] ratios;
    readonly bool softmax;

    PolicyRule(RouterSpec router, RoutingPolicy policy)
    {
        (this.policy, experts, softmax) = (policy, router.Experts, router.Map is null && router.Affinity is RouterAffinity.SoftmaxBeforeSelection or RouterAffinity.SoftmaxAfterSelection);
        ratios = policy.Ratios.Any(b => b > 0) ? [.. policy.Ratios] : [];
        Masked = policy.Masked.Count == 0 ? [] : [.. Enumerable.Range(0, experts).Select(e => policy.Masked.Contains(e))];
        Renormalises = policy.Renormalise ?? router.SumsToScale;
    }

    /// <summary>The policy of a router; null where it has none.</summary>
    public static PolicyRule? Of(RouterSpec router) => router.Policy is { } policy ? new(router, policy) : null;

    /// <summary>E flags; empty when nobody is masked.</summary>
    public bool[] Masked { get; }

    /// <summary>Whether choices that go leave their weight to the others.</summary>
    public bool Renormalises { get; }

    /// <summary>Whether choices of absent experts leave their weight to the others.</summary>
    public bool RenormalisesAbsent => policy.RenormaliseAbsent;

    /// <summary>Which tokens are excepted, or null.</summary>
    public TokenProtection? Protection => policy.Protection;

    /// <summary>Decides which of a token's choices stay.</summary>
    /// <param name="a_E">Affinities.</param>
    /// <param name="ids">The choices, in the order of the selection.</param>
    /// <param name="fate">Of the token.</param>
    /// <param name="stays">One flag for each, filled.</param>
    public void Decide(ReadOnlySpan<float> a_E, ReadOnlySpan<int> ids, TokenFate fate, Span<bool> stays)
    {
        if (fate != TokenFate.Plain)
        {
            stays.Fill(fate == TokenFate.Protected);
            return;
        }
        if (policy.Chosen is { } chosen && chosen < ids.Length)
        {
            stays[chosen..].Clear();
            ids = ids[..chosen];
        }
        double limit = policy.Share < 1 ? policy.Share * (policy.ShareOfAll ? Sum(a_E) : Sum(a_E, ids)) : double.PositiveInfinity;
        double mean = policy.Threshold > 0 ? (softmax ? 1 : Sum(a_E)) / experts : 0;
        // With a ratio for each rank a weaker choice may reach its own where a better one does not: so many stay as reach theirs, and those are the best.
        var reached = int.MaxValue;
        if (ratios.Length > 1)
        {
            reached = 0;
            for (var j = 0; j < ids.Length; j++)
                if (Standing(a_E, ids, j) is { Rank: > 0 } of && a_E[ids[j]] >= Ratio(of.Rank) * of.Best) reached++;
        }
        for (var j = 0; j < ids.Length; j++)
        {
            var (rank, before, best) = Standing(a_E, ids, j);
            stays[j] = rank == 0 || (before < limit && (ratios.Length > 1 ? rank <= reached : !(a_E[ids[j]] < Ratio(rank) * best))
                && !(mean > 0 && a_E[ids[j]] <= policy.Threshold * mean));
        }
    }

    // How many choices are better, what they have together, and the best affinity. A bias on the selection may have put them in another order than that.
    static (int Rank, double Before, float Best) Standing(ReadOnlySpan<float> a_E, ReadOnlySpan<int> ids, int j)
    {
        var (rank, before, own) = (0, 0.0, a_E[ids[j]]);
        var best = own;
        for (var i = 0; i < ids.Length; i++)
        {
            var other = a_E[ids[i]];
            if (!(other > own || (other == own && i < j))) continue;
            rank++;
            before += other;
            best = Math.Max(best, other);
        }
        return (rank, before, best);
    }

    /// <summary>Marks the choices of a token that go.</summary>
    public void Mark(ReadOnlySpan<float> a_E, in Picks picks, int token, TokenFate fate)
    {
        var codes = picks.Of(token);
        Span<int> ids = codes.Length <= 64 ? stackalloc int[codes.Length] : new int[codes.Length];
        Span<bool> stays = codes.Length <= 64 ? stackalloc bool[codes.Length] : new bool[codes.Length];
        var count = 0;
        foreach (var code in codes)
            if (picks.State(code) == PickState.Kept) ids[count++] = code;
        Decide(a_E, ids[..count], fate, stays[..count]);
        count = 0;
        foreach (ref var code in codes)
            if (picks.State(code) == PickState.Kept && !stays[count++]) code = picks.Marked(code, PickState.Skipped);
    }

    float Ratio(int rank) => ratios.Length == 0 ? 0 : ratios[Math.Min(rank, ratios.Length) - 1];

    static double Sum(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (var value in values) sum += value;
        return sum;
    }

    static double Sum(ReadOnlySpan<float> a_E, ReadOnlySpan<int> ids)
    {
        double sum = 0;
        foreach (var e in ids) sum += a_E[e];
        return sum;
    }
}
