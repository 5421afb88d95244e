using System.Globalization;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Training;

/// <summary>The domains of a run as tables: what each was read and lost, and how weights and losses went.</summary>
static class DomainReport
{
    const int Rows = 20;

    /// <summary>No table when domains were neither mixed nor measured.</summary>
    /// <param name="log">Of the run.</param>
    /// <param name="names">Of the domains.</param>
    /// <param name="epochs">How often each was read; null when they were joined.</param>
    /// <param name="tokens">About how many tokens of each were read; null when they were joined.</param>
    public static IEnumerable<ReportTable> Tables(TrainingLog log, string[] names, double[]? epochs, double[]? tokens)
    {
        if (tokens is null && log.Domains.Count == 0) yield break;
        List<(string Head, Func<int, string> Cell)> columns = [("domain", d => names[d])];
        if (tokens is not null)
        {
            columns.Add(("weight at first", d => Text(log.Weights[0].Weights[d], "F4")));
            columns.Add(("at last", d => Text(log.Weights[^1].Weights[d], "F4")));
            columns.Add(("share of the tokens", d => Text(tokens[d] / tokens.Sum(), "F4")));
            columns.Add(("times read", d => Text(epochs![d], "F2")));
        }
        if (log.Domains.Count > 0)
        {
            columns.Add(("held-out loss before (nats)", d => Text(log.Domains[0].Losses[d], "F4")));
            columns.Add(("after (nats)", d => Text(log.Domains[^1].Losses[d], "F4")));
        }
        if (log.Reference.Count > 0) columns.Add(("reference (nats)", d => Text(log.Reference[d], "F4")));
        yield return new ReportTable("Domains", [.. columns.Select(c => c.Head)],
            [.. names.Select((_, d) => columns.Select(c => c.Cell(d)).ToList())]);

        if (log.Domains.Count > 0)
            yield return Course("Held-out loss of the domains (nats)", names, [.. log.Domains.Select(m => (m.Step, m.Losses))]);
        if (log.Weights.Count > 1)
            yield return Course("Weights of the domains, from a step on", names,
                [.. log.Weights.Select(w => (w.Step, w.Weights.Select(v => (double?)v).ToArray()))]);
    }

    static ReportTable Course(string title, string[] names, List<(int Step, double?[] Values)> course)
    {
        var every = Math.Max(1, (course.Count + Rows - 2) / (Rows - 1));
        return new ReportTable(title, ["step", .. names],
            [.. course.Where((_, i) => i % every == 0 || i == course.Count - 1)
                .Select(c => (IReadOnlyList<string>)[Text(c.Step, "F0"), .. c.Values.Select(v => Text(v, "F4"))])]);
    }

    static string Text(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
