using System.Globalization;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Experts;

namespace Moesaic.Methods.Evaluation;

/// <summary>What routers decided, for people.</summary>
public static class RoutingReport
{
    /// <summary>The worst layer's load and dead experts; empty for a dense model.</summary>
    public static IReadOnlyList<Figure> Figures(IReadOnlyList<RoutingStatistics> layers) =>
        layers.Count == 0 || layers.All(l => l.Tokens == 0) ? [] :
        [
            new("load_max_over_mean", layers.Max(l => l.MaxOverMean)),
            new("load_variation", layers.Average(l => l.LoadVariation)),
            new("experts_per_token", layers.Average(l => l.PerToken)),
            new("drop_rate", 100 * layers.Average(l => l.DropRate), "%"),
            new("load_balance", layers.Average(l => l.LoadBalance)),
            new("router_entropy", layers.Average(l => l.TokenEntropy), "nats"),
            new("dead_experts", layers.Sum(l => l.Dead)),
        ];

    /// <summary>The same of attention experts, under names of their own.</summary>
    public static IReadOnlyList<Figure> AttentionFigures(IReadOnlyList<RoutingStatistics> layers) =>
        [.. Figures(layers).Select(f => f with { Key = "attention_" + f.Key })];

    /// <summary>The tables of a measurement: of feed-forward experts, of attention experts, where the model has them.</summary>
    public static IEnumerable<ReportTable> Tables(PerplexityResult result, ModelSpec spec)
    {
        if (result.Routing.Count > 0) yield return Table(result.Routing, [.. spec.MixtureLayers]);
        if (result.AttentionRouting.Count > 0) yield return Table(result.AttentionRouting, [.. spec.AttentionExpertLayers]) with { Title = "Routing of attention" };
    }

    /// <summary>One row per mixture layer.</summary>
    /// <param name="layers">Statistics in order.</param>
    /// <param name="numbers">The layers' numbers in the model.</param>
    public static ReportTable Table(IReadOnlyList<RoutingStatistics> layers, IReadOnlyList<int> numbers) => new(
        "Routing",
        ["layer", "load max/mean", "load entropy (nats)", "token entropy (nats)", "first weight", "per token", "dead", "load per expert (%)"],
        [.. layers.Select((l, i) => (IReadOnlyList<string>)
        [
            numbers[i].ToString(CultureInfo.InvariantCulture), Text(l.MaxOverMean, "F2"), Text(l.LoadEntropy, "F3"),
            Text(l.TokenEntropy, "F3"), Text(l.FirstWeight, "F3"), Text(l.PerToken, "F2"), l.Dead.ToString(CultureInfo.InvariantCulture),
            string.Join(' ', l.Load.Select(f => Text(100 * f, "F1"))),
        ])]);

    static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
