using System.Net;
using System.Text;
using System.Text.Json;
using Moesaic.Extensions.AI;
using Moesaic.Formats;
using Moesaic.Inference;

namespace Moesaic.Server.Tests;

public class LifecycleTests
{
    const string Path = "/v1/completions";

    /// <summary>Fields of a request that goes on until the context is full: both tokens that end a text are forbidden.</summary>
    const string Long = "\"prompt\": \"Returns the\", \"max_tokens\": 5000, \"logit_bias\": {\"4093\": -100, \"4095\": -100}";

    static MoesaicModelOptions Line(int running, int waiting) => new() { CacheTokens = 20 * 512, Queue = new QueueOptions { Running = running, Capacity = waiting } };

    static async Task<(HttpResponseMessage Response, StreamReader Events)> BeginAsync(RunningServer server, string fields)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new StringContent($"{{{fields}, \"stream\": true}}", Encoding.UTF8, "application/json") };
        var response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var events = new StreamReader(await response.Content.ReadAsStreamAsync());
        while (await events.ReadLineAsync() is { } line)
            if (line.StartsWith("data: ", StringComparison.Ordinal)) return (response, events);
        throw new EndOfStreamException("nothing was sent");
    }

    [Fact]
    public async Task A_client_that_leaves_frees_the_pages()
    {
        await using var server = await RunningServer.DemoAsync();
        var before = server.Model.Queue.Status;
        var (response, _) = await BeginAsync(server, $"{Long}, \"n\": 8");
        Assert.NotEqual(0, server.Cache.Used);
        response.Dispose();
        await RunningServer.UntilAsync(() => server.Model.Queue.Status is { Running: 0, Waiting: 0, Cache: { Used: 0, Reserved: 0 } }, "pages are held for nobody");
        // Eight texts to the end of the context would be these.
        Assert.InRange(server.Model.Queue.Status.GeneratedTokens - before.GeneratedTokens, 1, 8 * 300);
    }

    [Fact]
    public async Task A_client_that_does_not_wait_for_a_whole_answer_frees_the_pages()
    {
        await using var server = await RunningServer.DemoAsync();
        using var leaving = new CancellationTokenSource();
        var asked = server.Client.PostAsync(Path, new StringContent($"{{{Long}, \"n\": 16}}", Encoding.UTF8, "application/json"), leaving.Token);
        await RunningServer.UntilAsync(() => server.Model.Queue.Status.Running > 0, "nothing runs");
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await RunningServer.UntilAsync(() => server.Model.Queue.Status is { Running: 0, Cache: { Used: 0, Reserved: 0 } }, "pages are held for nobody");
    }

    [Fact]
    public async Task One_more_than_may_wait_is_told_when_to_come_again()
    {
        await using var server = await RunningServer.DemoAsync(model: Line(running: 1, waiting: 1));
        var (first, _) = await BeginAsync(server, $"{Long}, \"n\": 8");
        var second = server.PostAsync(Path, """{"prompt": "a", "max_tokens": 1}""");
        await RunningServer.UntilAsync(() => server.Model.Queue.Status.Waiting == 1, "nobody waits");
        using var third = await server.Client.PostAsync(Path, new StringContent("""{"prompt": "a"}""", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.TooManyRequests, third.StatusCode);
        Assert.InRange(third.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        var error = JsonElement.Parse(await third.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Equal(("rate_limit_error", "rate_limit_exceeded"), (error.GetProperty("type").GetString(), error.GetProperty("code").GetString()));
        first.Dispose();
        Assert.Equal(200, (await second).Status);
    }

    [Fact]
    public async Task A_batch_waits_wholly_or_not_at_all()
    {
        await using var server = await RunningServer.DemoAsync(model: Line(running: 1, waiting: 2));
        var (first, _) = await BeginAsync(server, $"{Long}, \"n\": 8");
        Assert.Equal(429, (await server.PostAsync(Path, """{"prompt": ["a", "b", "c"]}""")).Status);
        await RunningServer.UntilAsync(() => server.Model.Queue.Status.Waiting == 0, "a part of the batch waits");
        first.Dispose();
    }

    [Fact]
    public async Task More_requests_than_may_be_held_are_refused_before_they_are_read()
    {
        await using var server = await RunningServer.DemoAsync(new ServerOptions { MaxRequests = 1 });
        var (first, _) = await BeginAsync(server, $"{Long}, \"n\": 8");
        Assert.Equal(429, (await server.PostAsync(Path, "no JSON")).Status);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/health")).StatusCode);
        first.Dispose();
        await RunningServer.UntilAsync(() => server.Model.Queue.Status.Running == 0, "the first goes on");
        Assert.Equal(400, (await server.PostAsync(Path, "no JSON")).Status);
    }

    [Fact]
    public async Task A_deadline_ends_an_answer()
    {
        await using var server = await RunningServer.DemoAsync();
        var (status, error) = await server.RefusalAsync(Path, $$"""{ {{Long}}, "n": 16, "moesaic": {"deadline_seconds": 0.1} }""");
        Assert.Equal((503, "deadline_exceeded"), (status, error.GetProperty("code").GetString()));
        var events = await server.StreamAsync(Path, $$"""{ {{Long}}, "n": 16, "stream": true, "moesaic": {"deadline_seconds": 0.3} }""");
        Assert.True(events.Count > 1);
        Assert.Equal("deadline_exceeded", JsonElement.Parse(events[^1]).GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(0, server.Cache.Used);
    }

    [Fact]
    public async Task The_servers_deadline_is_for_all()
    {
        await using var server = await RunningServer.DemoAsync(new ServerOptions { Deadline = TimeSpan.FromSeconds(0.1) });
        Assert.Equal(503, (await server.PostAsync(Path, $$"""{ {{Long}}, "n": 16, "moesaic": {"deadline_seconds": 100} }""")).Status);
    }

    [Fact]
    public async Task While_the_model_is_loaded_requests_are_told_to_wait()
    {
        using var mayLoad = new ManualResetEventSlim();
        await using var server = await RunningServer.StartAsync(() =>
        {
            mayLoad.Wait();
            return MoesaicModel.Open(RunningServer.DemoFolder);
        }, waits: false);
        using (var ready = await server.Client.GetAsync("/ready"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            Assert.Contains("loading", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/health")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/metrics")).StatusCode);
        var (status, error) = await server.RefusalAsync(Path, "{\"prompt\": \"a\"}");
        Assert.Equal((503, "loading"), (status, error.GetProperty("code").GetString()));
        mayLoad.Set();
        await server.Server.Ready;
        Assert.Equal("ready", (await server.GetAsync("/ready")).GetProperty("status").GetString());
        await server.AskAsync(Path, "{\"prompt\": \"a\", \"max_tokens\": 1}");
    }

    [Fact]
    public async Task A_model_that_cannot_be_loaded_says_why()
    {
        await using var server = await RunningServer.StartAsync(() => throw new BadModelException("it is damaged"), waits: false);
        Assert.Equal("it is damaged", (await Assert.ThrowsAsync<BadModelException>(() => server.Server.Ready)).Message);
    }

    [Fact]
    public async Task Draining_ends_what_was_asked_and_refuses_what_comes()
    {
        await using var server = await RunningServer.DemoAsync();
        var (_, events) = await BeginAsync(server, Long);
        var drained = server.Server.DrainAsync();
        Assert.Equal("closing", JsonElement.Parse(await (await server.Client.GetAsync("/ready")).Content.ReadAsStringAsync()).GetProperty("status").GetString());
        var (status, error) = await server.RefusalAsync(Path, "{\"prompt\": \"a\"}");
        Assert.Equal((503, "shutting_down"), (status, error.GetProperty("code").GetString()));
        Assert.EndsWith("data: [DONE]\n\n", await events.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.True(await drained);
    }

    [Fact]
    public async Task Draining_has_an_end()
    {
        var server = await RunningServer.DemoAsync(new ServerOptions { Drain = TimeSpan.FromSeconds(0.1) });
        var (_, events) = await BeginAsync(server, $"{Long}, \"n\": 16");
        Assert.False(await server.Server.DrainAsync());
        var closed = server.Server.DisposeAsync();
        var rest = await events.ReadToEndAsync();
        Assert.DoesNotContain("[DONE]", rest, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"shutting_down\"", rest, StringComparison.Ordinal);
        await closed;
    }

    [Fact]
    public async Task Silence_is_filled_with_comments()
    {
        await using var server = await RunningServer.DemoAsync(new ServerOptions { KeepAlive = TimeSpan.FromMilliseconds(20) }, Line(running: 1, waiting: 5));
        var (first, _) = await BeginAsync(server, $"{Long}, \"n\": 16");
        using var second = await server.Client.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, Path) { Content = new StringContent("""{"prompt": "a", "max_tokens": 2, "stream": true}""", Encoding.UTF8, "application/json") },
            HttpCompletionOption.ResponseHeadersRead);
        using var events = new StreamReader(await second.Content.ReadAsStreamAsync());
        Assert.Equal(": waiting", await events.ReadLineAsync());
        first.Dispose();
        Assert.EndsWith("data: [DONE]\n\n", await events.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_in_use_is_a_mistake_of_the_user()
    {
        await using var server = await RunningServer.DemoAsync();
        var failure = await Assert.ThrowsAsync<BadRequestException>(() => MoesaicServer.StartAsync(
            () => throw new InvalidOperationException("must not be loaded"), new ServerOptions { Port = server.Server.Addresses[0].Port }));
        Assert.Contains("cannot listen", failure.Message, StringComparison.Ordinal);
    }
}
