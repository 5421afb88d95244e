using System.Globalization;
using Moesaic.Methods.Steps;
using Moesaic.Models.Experts;

namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>The result in short: figures to compare, and tables that a terminal holds.</summary>
static class RoutesReport
{
    const int Pairs = 10;

    public static IReadOnlyList<Figure> Figures(RoutesResult result)
    {
        List<Figure> figures =
        [
            new("tokens", result.Tokens, "tokens"),
            .. RoutingReport.Figures(Statistics(result, attention: false)), .. RoutingReport.AttentionFigures(Statistics(result, attention: true)),
            new("told_by_id", 100 * result.Routers.Average(r => r.Read.ToldById(result.LeastPlaces)), "%"),
            new("told_by_load", 100 * result.Routers.Average(r => r.Read.ToldByLoad(result.LeastPlaces)), "%"),
        ];
        if (result.Domains.Count > 1)
            figures.Add(new("domain_divergence", 100 * result.Routers.Average(r => Enumerable.Range(0, result.Domains.Count).Average(r.Domains.Divergence)), "%"));
        if (result.Pairing.Any())
            figures.Add(new("co_activation_most", 100 * result.Pairing.Max(r => r.Pairs.Strongest(1, result.LeastPlaces)[0] is var (i, j) ? r.Pairs.Share(i, j) : 0), "%"));
        foreach (var (checkpoint, i) in result.Saturation.Select((s, i) => (s, i + 1)))
            figures.Add(new(FormattableString.Invariant($"saturation_{i}"), 100 * checkpoint.Shares.Average(), "%"));
        return figures;
    }

    static List<RoutingStatistics> Statistics(RoutesResult result, bool attention) =>
        [.. result.Routers.Where(r => r.OfAttention == attention).Select(r => r.Statistics)];

    /// <summary>By position: how loads shift, and what is lost to a capacity where anything is.</summary>
    public static IReadOnlyList<Curve> Curves(RoutesResult result)
    {
        var positions = result.Routers[0].Positions;
        int[] bins = [.. Enumerable.Range(0, positions.Bins).Where(b => positions.Tokens(b) > 0)];
        double[] places = [.. bins.Select(b => (double)positions.First(b))];
        Curve shift = new("load_shift", "%", "position", places, [.. bins.Select(b => 100 * result.Routers.Average(r => r.Positions.Divergence(b)))]);
        return !result.Drops ? [shift]
            : [shift, new("drop_rate", "%", "position", places, [.. bins.Select(b => 100 * result.Routers.Average(r => r.Positions.DropRate(b)))])];
    }

    public static IReadOnlyList<ReportTable> Tables(RoutesResult result) =>
    [
        Load(result), .. Domains(result), Tokens(result), .. CoActivation(result), Positions(result), .. Saturation(result),
    ];

    static ReportTable Load(RoutesResult result) => new("Load",
        ["layer", "experts", "per token", "load max/mean", "dead", "told by id (%)", "told by load (%)", "load per expert (▄ is even)"],
        [.. result.Routers.Select(r => (IReadOnlyList<string>)
        [
            r.Name, Number(r.Spec.Experts, "F0"), Number(r.Statistics.PerToken, "F2"), Number(r.Statistics.MaxOverMean, "F2"), Number(r.Statistics.Dead, "F0"),
            Percent(r.Read.ToldById(result.LeastPlaces)), Percent(r.Read.ToldByLoad(result.LeastPlaces)), LoadBars.Of(r.Statistics.Load),
        ])]);

    static IEnumerable<ReportTable> Domains(RoutesResult result)
    {
        if (result.Domains.Count < 2) yield break;
        yield return new("Domains", ["layer", "domain", "tokens", "divergence (%)", "load per expert (▄ is even)", "most (share of the domain's tokens, even share)"],
            [.. result.Routers.SelectMany(r => result.Domains.Select((name, d) => (IReadOnlyList<string>)
            [
                r.Name, name, Number(r.Domains.Tokens(d), "N0"), Percent(r.Domains.Divergence(d)), LoadBars.Of(r.Domains.Load(d)), Most(r, d),
            ]))]);
    }

    static string Most(RouterRoutes router, int domain)
    {
        var e = Enumerable.Range(0, router.Spec.Experts).MaxBy(e => router.Domains.Share(domain, e));
        return $"expert {Number(e, "F0")}: {Percent(router.Domains.Share(domain, e))} %, {Percent(router.Statistics.PerToken / router.Spec.Experts)} %";
    }

    static ReportTable Tokens(RoutesResult result)
    {
        var router = result.Routers[result.Shown];
        return new($"Tokens by expert, layer {router.Name}", ["expert", "load (%)", "specialisation (%)", "tokens (share of their places, places)"],
            [.. Enumerable.Range(0, router.Spec.Experts).Select(e => (IReadOnlyList<string>)
            [
                Number(e, "F0"), Percent(router.Statistics.Load[e]), Percent(router.Read.Specialisation(e, result.LeastPlaces)),
                string.Join("  ", router.Read.Top(e, result.Top, result.LeastPlaces)
                    .Select(id => $"{result.Names.Alone(id)} {Percent(router.Read.Share(id, e), "F0")}% {Number(router.Read.Places(id), "F0")}")),
            ])]);
    }

    static IEnumerable<ReportTable> CoActivation(RoutesResult result)
    {
        var pairs = result.Pairing.SelectMany(r => r.Pairs.Strongest(Pairs, result.LeastPlaces).Select(p => (Router: r, p.Of, p.With)))
            .OrderByDescending(p => p.Router.Pairs.Share(p.Of, p.With)).Take(Pairs).ToList();
        if (pairs.Count == 0) yield break;
        yield return new("Co-activation, the strongest pairs", ["layer", "of the tokens of expert", "go to expert too", "share (%)", "by its load alone (%)"],
            [.. pairs.Select(p => (IReadOnlyList<string>)
            [
                p.Router.Name, Number(p.Of, "F0"), Number(p.With, "F0"), Percent(p.Router.Pairs.Share(p.Of, p.With)), Percent(p.Router.Pairs.Expected(p.With)),
            ])]);
    }

    static ReportTable Positions(RoutesResult result)
    {
        var (first, routers) = (result.Routers[0].Positions, result.Routers);
        return new("Positions", ["positions", "tokens", "experts per token", "load shift (%)", .. result.Drops ? ["dropped (%)"] : Array.Empty<string>()],
            [.. Enumerable.Range(0, first.Bins).Where(b => first.Tokens(b) > 0).Select(b => (IReadOnlyList<string>)
            [
                $"{Number(first.First(b), "F0")} to {Number(first.Last(b), "F0")}", Number(first.Tokens(b), "N0"),
                Number(routers.Average(r => r.Positions.Served(b) / (double)r.Positions.Tokens(b)), "F2"),
                Percent(routers.Average(r => r.Positions.Divergence(b))),
                .. result.Drops ? [Percent(routers.Average(r => r.Positions.DropRate(b)))] : Array.Empty<string>(),
            ])]);
    }

    static IEnumerable<ReportTable> Saturation(RoutesResult result)
    {
        if (result.Saturation.Count == 0) yield break;
        yield return new("Router saturation", ["checkpoint", .. result.Routers.Select(r => $"layer {r.Name} (%)"), "mean (%)", "by chance (%)"],
            [.. result.Saturation.Select(s => (IReadOnlyList<string>)
                [s.Checkpoint, .. s.Shares.Select(v => Percent(v)), Percent(s.Shares.Average()), Percent(s.Chance.Average())])]);
    }

    internal static string Percent(double share, string format = "F1") => Number(100 * share, format);

    internal static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
