using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Moesaic.Server.Telemetry;

namespace Moesaic.Server.Tests.Telemetry;

public partial class MetricsTests
{
    [GeneratedRegex("""^[a-z_]+(\{([a-z_]+="[^"\\\n]*",?)*\})? (-?[0-9.E+-]+|\+Inf|NaN)$""")]
    private static partial Regex Sample { get; }

    [Fact]
    public async Task Prometheus_reads_what_was_measured()
    {
        await using var server = await RunningServer.MixtureAsync();
        await server.AskAsync("/v1/completions", """{"prompt": "Returns the", "max_tokens": 5, "logit_bias": {"4093": -100, "4095": -100}}""");
        await server.StreamAsync("/v1/completions", """{"prompt": "Returns the", "max_tokens": 5, "stream": true}""");
        await server.AskAsync("/v1/embeddings", """{"input": "Returns"}""");
        await server.RefusalAsync("/v1/completions", """{"prompt": "a", "suffix": "b"}""");
        var text = await server.Client.GetStringAsync("/metrics");
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.True(line.StartsWith("# ", StringComparison.Ordinal) || Sample.IsMatch(line), line));
        // Every family once, its samples behind it.
        Assert.Equal(lines.Where(l => l.StartsWith("# TYPE", StringComparison.Ordinal)).Distinct().Count(), lines.Count(l => l.StartsWith("# TYPE", StringComparison.Ordinal)));

        const string Completion = "gen_ai_operation_name=\"text_completion\",gen_ai_provider_name=\"moesaic\",gen_ai_request_model=\"mixture\"";
        Assert.Equal(2, Value(lines, $"gen_ai_server_request_duration_seconds_count{{{Completion}}}"));
        Assert.Equal(1, Value(lines, $"gen_ai_server_request_duration_seconds_count{{{Completion},error_type=\"unsupported_field\"}}"));
        Assert.Equal(2, Value(lines, $"gen_ai_server_request_duration_seconds_bucket{{{Completion},le=\"+Inf\"}}"));
        Assert.Equal(2, Value(lines, $"gen_ai_server_time_to_first_token_seconds_count{{{Completion}}}"));
        Assert.Equal(2, Value(lines, $"gen_ai_client_token_usage_count{{{Completion},gen_ai_token_type=\"output\"}}"));
        Assert.Equal(1, Value(lines, "gen_ai_client_token_usage_count{gen_ai_operation_name=\"embeddings\",gen_ai_provider_name=\"moesaic\",gen_ai_request_model=\"mixture\",gen_ai_token_type=\"input\"}"));
        Assert.True(Value(lines, "moesaic_tokens_generated_total") >= 6);
        Assert.Equal(0, Value(lines, "moesaic_queue_running"));

        var load = server.Model.Queue.ExpertLoad[1];
        Assert.Equal(load.Tokens, Value(lines, "moe_layer_tokens_total{layer=\"2\"}"));
        for (var e = 0; e < 6; e++) Assert.Equal(load.Slots[e], Value(lines, $"moe_expert_tokens_total{{layer=\"2\",expert=\"{e}\"}}"));
        Assert.Equal(Balance.Jain(load.Slots), Value(lines, "moe_layer_balance{layer=\"2\"}"), 12);
    }

    [Fact]
    public void Balance_is_1_for_equal_shares_and_least_for_one()
    {
        Assert.Equal(1, Balance.Jain([5, 5, 5]), 12);
        Assert.Equal(0.25, Balance.Jain([0, 7, 0, 0]), 12);
        Assert.Equal(1, Balance.Jain([0, 0]));
        Assert.Equal(36.0 / (3 * 14), Balance.Jain([1, 2, 3]), 12);
    }

    [Fact]
    public async Task A_collector_gets_them_too()
    {
        using var collector = new HttpListener();
        var port = FreePort();
        collector.Prefixes.Add($"http://127.0.0.1:{port}/");
        collector.Start();
        var got = Task.Run(async () =>
        {
            var context = await collector.GetContextAsync();
            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            context.Response.Close();
            return (context.Request.Url!.AbsolutePath, context.Request.ContentType, System.Text.Encoding.Latin1.GetString(body.ToArray()));
        });
        // It is sent at the latest when the server ends.
        await using (var server = await RunningServer.MixtureAsync(new ServerOptions { Otlp = new Uri($"http://127.0.0.1:{port}") }))
            await server.AskAsync("/v1/completions", """{"prompt": "Returns the", "max_tokens": 5}""");
        var (path, type, text) = await got.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(("/v1/metrics", "application/x-protobuf"), (path, type));
        foreach (var name in new[] { "gen_ai.server.request.duration", "gen_ai.server.time_to_first_token", "moe.expert.tokens", "moe.layer.balance", "text_completion" })
            Assert.Contains(name, text, StringComparison.Ordinal);
    }

    static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    static double Value(string[] lines, string series) =>
        double.Parse(Assert.Single(lines, l => l.StartsWith(series + " ", StringComparison.Ordinal))[(series.Length + 1)..], CultureInfo.InvariantCulture);
}
