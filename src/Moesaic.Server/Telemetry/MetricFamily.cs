using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Moesaic.Server.Telemetry;

/// <summary>One instrument and its series, a series for each set of labels. Not for several threads at once.</summary>
sealed class MetricFamily
{
    readonly string name, type, about;
    readonly double[]? bounds;
    readonly bool isObserved;
    readonly SortedDictionary<string, Series> series = new(StringComparer.Ordinal);

    public MetricFamily(Instrument instrument)
    {
        about = instrument.Description ?? "";
        isObserved = instrument.IsObservable;
        bounds = instrument switch
        {
            Histogram<double> h => [.. h.Advice?.HistogramBucketBoundaries ?? []],
            Histogram<long> h => [.. (h.Advice?.HistogramBucketBoundaries ?? []).Select(b => (double)b)],
            _ => null,
        };
        var isCounter = bounds is null && instrument is ObservableCounter<long> or Counter<long>;
        type = bounds is not null ? "histogram" : isCounter ? "counter" : "gauge";
        name = instrument.Name.Replace('.', '_') + (instrument.Unit == "s" ? "_seconds" : "") + (isCounter ? "_total" : "");
    }

    /// <summary>What is observed now replaces what was.</summary>
    public void Forget()
    {
        if (isObserved) series.Clear();
    }

    public void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = Labels(tags);
        if (!series.TryGetValue(labels, out var found)) series.Add(labels, found = new Series(new long[(bounds?.Length ?? -1) + 1]));
        found.Count++;
        found.Sum = type == "gauge" || isObserved ? value : found.Sum + value;
        if (bounds is null) return;
        var bucket = 0;
        while (bucket < bounds.Length && value > bounds[bucket]) bucket++;
        found.Buckets[bucket]++;
    }

    public void Write(StringBuilder text)
    {
        if (series.Count == 0) return;
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {about}\n# TYPE {name} {type}\n");
        foreach (var (labels, values) in series)
        {
            if (bounds is null)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}{(labels.Length == 0 ? "" : $"{{{labels}}}")} {PrometheusText.Number(values.Sum)}\n");
                continue;
            }
            var below = 0L;
            for (var i = 0; i < values.Buckets.Length; i++)
            {
                below += values.Buckets[i];
                var bound = i < bounds.Length ? PrometheusText.Number(bounds[i]) : "+Inf";
                text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels}{(labels.Length == 0 ? "" : ",")}le=\"{bound}\"}} {below}\n");
            }
            text.Append(CultureInfo.InvariantCulture, $"{name}_sum{{{labels}}} {PrometheusText.Number(values.Sum)}\n{name}_count{{{labels}}} {values.Count}\n");
        }
    }

    static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in tags)
        {
            var escaped = Convert.ToString(value, CultureInfo.InvariantCulture)!
                .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            text.Append(text.Length == 0 ? "" : ",").Append(key.Replace('.', '_')).Append("=\"").Append(escaped).Append('"');
        }
        return text.ToString();
    }

    sealed class Series(long[] buckets)
    {
        public long[] Buckets => buckets;

        public long Count { get; set; }

        public double Sum { get; set; }
    }
}
