using System.Diagnostics.Metrics;
using Moesaic.Inference;

namespace Moesaic.Server.Telemetry;

/// <summary>
/// What is measured. Names and buckets of <c>gen_ai</c> are those of OpenTelemetry's semantic conventions; those of <c>moesaic</c> are ours.
/// </summary>
sealed class ServerMetrics : IDisposable
{
    public const string MeterName = "Moesaic.Server";

    static readonly double[] DurationBuckets = [.. Enumerable.Range(0, 14).Select(i => 0.01 * (1 << i))];
    static readonly double[] FirstTokenBuckets = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
    static readonly double[] TokenBuckets = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5];
    static readonly long[] UsageBuckets = [.. Enumerable.Range(0, 14).Select(i => 1L << (2 * i))];

    readonly ServedModel model;
    readonly Histogram<double> duration, firstToken, perToken;
    readonly Histogram<long> usage;

    public ServerMetrics(ServedModel model)
    {
        this.model = model;
        Meter = new Meter(MeterName, MoesaicServer.Version);
        duration = Seconds("gen_ai.server.request.duration", "Duration of requests", DurationBuckets);
        firstToken = Seconds("gen_ai.server.time_to_first_token", "Time until the first token", FirstTokenBuckets);
        perToken = Seconds("gen_ai.server.time_per_output_token", "Time per token after the first", TokenBuckets);
        usage = Meter.CreateHistogram("gen_ai.client.token.usage", "{token}", "Tokens of requests", null, new InstrumentAdvice<long> { HistogramBucketBoundaries = UsageBuckets });
        Gauge("moesaic.queue.waiting", "{request}", "Requests that wait", s => s.Waiting);
        Gauge("moesaic.queue.running", "{request}", "Requests that are worked on", s => s.Running);
        Gauge("moesaic.cache.pages", "{page}", "Pages of the cache", s => s.Cache.Pages);
        Gauge("moesaic.cache.used", "{page}", "Pages that texts hold", s => s.Cache.Used);
        Gauge("moesaic.cache.kept", "{page}", "Pages that are kept for prompts to come", s => s.Cache.Kept);
        Count("moesaic.requests.ended", "{request}", "Requests to the queue that ended", s => s.Ended);
        Count("moesaic.steps", "{step}", "Passes", s => s.Steps);
        Count("moesaic.tokens.computed", "{token}", "Tokens that passes computed", s => s.ComputedTokens);
        Count("moesaic.tokens.generated", "{token}", "Tokens chosen", s => s.GeneratedTokens);
        Count("moesaic.tokens.cached", "{token}", "Tokens of prompts that were found in the cache", s => s.CachedTokens);
        Meter.CreateObservableCounter("moe.layer.tokens", () => Load.Select(l => new Measurement<long>(l.Tokens, Layer(l))), "{token}", "Tokens that a layer routed");
        Meter.CreateObservableCounter("moe.expert.tokens", () => Load.SelectMany(Experts), "{token}", "Tokens that chose an expert");
        Meter.CreateObservableGauge("moe.layer.balance", () => Load.Select(l => new Measurement<double>(Balance.Jain(l.Slots), Layer(l))), null,
            "Jain's index of the experts' load: 1 when all are chosen equally often, 1/E when always the same one is");
    }

    public Meter Meter { get; }

    IReadOnlyList<ExpertLoad> Load => model.Loaded?.Queue.ExpertLoad ?? [];

    /// <summary>Starts to measure a request.</summary>
    /// <param name="operation">chat, text_completion or embeddings.</param>
    /// <param name="name">The model.</param>
    public RequestMeasure Start(string operation, string name) => new(this, operation, name);

    internal void Record(in RequestFigures figures)
    {
        KeyValuePair<string, object?> operation = new("gen_ai.operation.name", figures.Operation), system = new("gen_ai.provider.name", "moesaic"),
            name = new("gen_ai.request.model", figures.Model);
        if (figures.Error is { } error) duration.Record(figures.Seconds, operation, system, name, new("error.type", error));
        else duration.Record(figures.Seconds, operation, system, name);
        if (figures.FirstTokenSeconds is { } first) firstToken.Record(first, operation, system, name);
        if (figures.SecondsPerToken is { } seconds) perToken.Record(seconds, operation, system, name);
        if (figures.InputTokens is { } input) usage.Record(input, operation, system, name, new("gen_ai.token.type", "input"));
        if (figures.OutputTokens is { } output) usage.Record(output, operation, system, name, new("gen_ai.token.type", "output"));
    }

    public void Dispose() => Meter.Dispose();

    Histogram<double> Seconds(string name, string about, double[] buckets) =>
        Meter.CreateHistogram(name, "s", about, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets });

    void Gauge(string name, string unit, string about, Func<QueueStatus, long> value) => Meter.CreateObservableGauge(name, () => Observe(value), unit, about);

    void Count(string name, string unit, string about, Func<QueueStatus, long> value) => Meter.CreateObservableCounter(name, () => Observe(value), unit, about);

    IEnumerable<Measurement<long>> Observe(Func<QueueStatus, long> value)
    {
        if (model.Loaded?.Queue.Status is { } status) yield return new Measurement<long>(value(status));
    }

    static KeyValuePair<string, object?> Layer(ExpertLoad load) => new("layer", load.Layer);

    static IEnumerable<Measurement<long>> Experts(ExpertLoad load) =>
        load.Slots.Select((slots, e) => new Measurement<long>(slots, Layer(load), new KeyValuePair<string, object?>("expert", e)));
}
