namespace Moesaic.Models.Experts.Objectives;

/// <summary>The sums of all routers over one pass, or over several: what objectives over more than a router's pass are computed from.</summary>
/// <param name="terms">The objectives whose sums are kept.</param>
public sealed class BalanceLedger(IReadOnlyList<BalanceTerm> terms)
{
    readonly Dictionary<Router, RouterSums> routers = [];

    /// <summary>The sums of a router; null when it has not been passed.</summary>
    public RouterSums? Of(Router router) => routers.GetValueOrDefault(router);

    /// <summary>Keeps what a router found; a layer that is computed again finds the same again.</summary>
    internal void Keep(Router router, RouterSums sums) => routers[router] = sums;

    /// <summary>Adds the sums of another pass.</summary>
    public void Add(BalanceLedger other)
    {
        foreach (var (router, sums) in other.routers)
        {
            if (!routers.TryGetValue(router, out var own)) routers[router] = own = new RouterSums(sums.Spec, terms);
            own.Add(sums);
        }
    }

    /// <summary>The objectives' values at a router, without coefficients, of all that was added; of one over the layers the router's share.</summary>
    /// <param name="router">Passed, with counted tokens.</param>
    public double[] Values(Router router) => [.. terms.Select((term, i) => Value(router, term, i))];

    double Value(Router router, BalanceTerm term, int number)
    {
        var sums = routers[router];
        if (sums.Tokens == 0) return 0;
        if (term.Over == BalanceOver.Tokens) return term.Objective.Value(sums.Spec, new(sums.Of(number), sums.Tokens));
        if (term.Over == BalanceOver.Layers)
            return term.Objective.Value(sums.Spec, new(Pooled(sums, number, out var tokens, out var layers), tokens)) / layers;
        double value = 0;
        for (var s = 0; s < sums.Sequences; s++)
        {
            if (sums.TokensOf(s) > 0) value += term.Objective.Value(sums.Spec, sums.OfSequence(number, s)) * sums.TokensOf(s) / sums.Tokens;
        }
        return value;
    }

    /// <summary>The sums of all routers with as many experts.</summary>
    /// <param name="of">Of one of them.</param>
    /// <param name="term">Number of the objective.</param>
    /// <param name="tokens">Tokens at all routers together.</param>
    /// <param name="layers">Number of routers.</param>
    internal double[] Pooled(RouterSums of, int term, out long tokens, out int layers)
    {
        (tokens, layers) = (0, 0);
        var all = new double[of.Of(term).Length];
        foreach (var sums in routers.Values.Where(s => s.Spec.Experts == of.Spec.Experts))
        {
            layers++;
            tokens += sums.Tokens;
            for (var i = 0; i < all.Length; i++) all[i] += sums.Of(term)[i];
        }
        return all;
    }
}
