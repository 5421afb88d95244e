using System.Globalization;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Calibration;

/// <summary>Statistics for people.</summary>
static class CalibrationReport
{
    const int Named = 40;

    /// <summary>Over all layers.</summary>
    public static IEnumerable<Figure> Figures(CalibrationStatistics statistics, int minimum)
    {
        var experts = statistics.Layers.Select(l => l.Experts).OfType<ExpertStatistics>().ToList();
        if (experts.Count == 0) yield break;
        yield return new Figure("experts", experts.Sum(e => e.Experts));
        yield return new Figure("experts_per_token", experts.Average(e => e.Routed.Sum() / (double)Math.Max(1, e.Tokens)));
        yield return new Figure("unused_experts", experts.Sum(e => e.Routed.Count(n => n == 0)));
        yield return new Figure("experts_with_few_tokens", experts.Sum(e => e.Routed.Count(n => n < minimum)));
    }

    /// <summary>A row a layer.</summary>
    public static IEnumerable<ReportTable> Tables(CalibrationStatistics statistics, int minimum)
    {
        yield return new ReportTable("Layers", ["layer", "cosine over attention", "over feed-forward", "over both"], [.. statistics.Layers.Select((layer, l) =>
            (IReadOnlyList<string>)[Text(l), Mean(layer.Residual.Attention), Mean(layer.Residual.FeedForward), Mean(layer.Residual.Block)])]);
        if (statistics.Layers.Any(l => l.Experts is not null))
            yield return new ReportTable("Experts",
                ["layer", "experts", "most tokens / mean", "fewest tokens", $"below {Text(minimum)}", "mean gate", "median ratio to best", "largest output"],
                [.. statistics.Layers.Index().Where(l => l.Item.Experts is not null).Select(l => Row(l.Index, l.Item.Experts!, minimum))]);
        if (statistics.Layers.Any(l => l.Attention is not null))
            yield return new ReportTable("Heads", ["layer", "experts", "most tokens / mean", "fewest tokens", $"below {Text(minimum)}", "mean gate", "median ratio to best"],
                [.. statistics.Layers.Index().Where(l => l.Item.Attention is not null).Select(l => Row(l.Index, l.Item.Attention!, minimum))]);

        string Mean(double sum) => (sum / Math.Max(1, statistics.Tokens)).ToString("F4", CultureInfo.InvariantCulture);
    }

    static IReadOnlyList<string> Row(int layer, ExpertStatistics s, int minimum) =>
        [.. Row(layer, (RouterStatistics)s, minimum), s.Outputs.Largest.Max().ToString("G3", CultureInfo.InvariantCulture)];

    static IReadOnlyList<string> Row(int layer, RouterStatistics s, int minimum)
    {
        var routed = Math.Max(1, s.Routed.Sum());
        var median = s.Places > 1 ? s.RatioQuantile(2, 0.5) : double.NaN;
        return
        [
            Text(layer), Text(s.Experts), (s.Routed.Max() * (double)s.Experts / routed).ToString("F2", CultureInfo.InvariantCulture), Text(s.Routed.Min()),
            Text(s.Routed.Count(n => n < minimum)), (s.Gates.Sum() / routed).ToString("F3", CultureInfo.InvariantCulture),
            double.IsNaN(median) ? "-" : median.ToString("F3", CultureInfo.InvariantCulture),
        ];
    }

    /// <summary>Names the experts whose figures rest on too few tokens.</summary>
    public static IEnumerable<string> FewTokens(CalibrationStatistics statistics, int minimum)
    {
        var few = statistics.Layers.Index().Where(l => l.Item.Experts is not null)
            .SelectMany(l => l.Item.Experts!.Routed.Index().Where(e => e.Item < minimum).Select(e => $"{l.Index}:{e.Index} ({e.Item})")).ToList();
        if (few.Count > 0)
            yield return $"{few.Count} experts were chosen by fewer than {minimum} tokens, layer:expert (tokens): {string.Join(", ", few.Take(Named))}{(few.Count > Named ? ", ..." : "")}";
    }

    static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
