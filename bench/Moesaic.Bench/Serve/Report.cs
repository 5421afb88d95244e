using System.Globalization;

namespace Moesaic.Bench.Serve;

/// <summary>What came of a load, a row a kind, as a table in Markdown.</summary>
static class Report
{
    public static void Write(IReadOnlyCollection<Attempt> attempts, TimeSpan time)
    {
        var tokens = attempts.Sum(a => (long)a.Tokens);
        Console.WriteLine(FormattableString.Invariant($"{attempts.Count} requests, {tokens} tokens generated for them, {tokens / time.TotalSeconds:F0} tokens/s"));
        Console.WriteLine("| requests | count | statuses | first token or byte, ms: p50 | p95 | p99 | whole, ms: p50 | p95 | p99 |\n|---|---:|---|---:|---:|---:|---:|---:|---:|");
        foreach (var kind in attempts.GroupBy(a => a.Kind.Name).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var statuses = kind.GroupBy(a => a.Status).OrderBy(g => g.Key).Select(g => $"{(g.Key == 0 ? "closed" : g.Key.ToString(CultureInfo.InvariantCulture))} {g.Count()}");
            var good = kind.Where(a => a.Status == 200).ToList();
            Console.WriteLine($"| {kind.Key} | {kind.Count()} | {string.Join(", ", statuses)} | {Percentiles(good.Select(a => a.First))} | {Percentiles(good.Select(a => a.Total))} |");
        }
    }

    static string Percentiles(IEnumerable<double> seconds)
    {
        double[] sorted = [.. seconds.Where(s => !double.IsNaN(s)).Order()];
        return string.Join(" | ", new[] { 0.5, 0.95, 0.99 }.Select(p =>
            sorted.Length == 0 ? "" : (1000 * sorted[(int)Math.Ceiling(p * sorted.Length) - 1]).ToString("F0", CultureInfo.InvariantCulture)));
    }
}
