using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Moesaic.Extensions.AI;
using Moesaic.Inference;

namespace Moesaic.Server.Tests;

/// <summary>A server with Kestrel on a free port, and a client.</summary>
sealed class RunningServer : IAsyncDisposable
{
    RunningServer(MoesaicServer server)
    {
        Server = server;
        // Otherwise it would read the rest of an answer that nobody wants any more.
        var handler = new SocketsHttpHandler { MaxResponseDrainSize = 0, UseProxy = false };
        Client = new HttpClient(handler) { BaseAddress = server.Addresses[0], Timeout = TimeSpan.FromSeconds(60) };
    }

    public static string DemoFolder { get; } = Demo();

    public MoesaicServer Server { get; }

    public HttpClient Client { get; }

    public MoesaicModel Model => Server.Model!;

    /// <summary>Serves the model that ships, ready.</summary>
    public static Task<RunningServer> DemoAsync(ServerOptions? options = null, MoesaicModelOptions? model = null) =>
        StartAsync(() => MoesaicModel.Open(DemoFolder, model), options);

    /// <summary>Serves a mixture of random weights with the tokenizer of the model that ships, ready.</summary>
    public static Task<RunningServer> MixtureAsync(ServerOptions? options = null) =>
        StartAsync(() => new MoesaicModel(RandomMixture.Make(), DemoFolder, new MoesaicModelOptions { Name = "mixture" }), options);

    public static async Task<RunningServer> StartAsync(Func<MoesaicModel> open, ServerOptions? options = null, bool waits = true)
    {
        var server = await MoesaicServer.StartAsync(open, (options ?? new ServerOptions()) with { Port = 0, Report = TestContext.Current.TestOutputHelper!.WriteLine });
        if (waits) await server.Ready;
        return new RunningServer(server);
    }

    public async Task<(int Status, JsonElement Body)> PostAsync(string path, string json)
    {
        using var response = await Client.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));
        return ((int)response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync()));
    }

    /// <summary>An answer that must be good.</summary>
    public async Task<JsonElement> AskAsync(string path, string json)
    {
        var (status, body) = await PostAsync(path, json);
        Assert.True(status == 200, $"{status}: {body}");
        return body;
    }

    /// <summary>A refusal.</summary>
    public async Task<(int Status, JsonElement Error)> RefusalAsync(string path, string json)
    {
        var (status, body) = await PostAsync(path, json);
        Assert.True(status >= 400, $"{status}: {body}");
        return (status, body.GetProperty("error"));
    }

    public async Task<JsonElement> GetAsync(string path) => JsonElement.Parse(await Client.GetStringAsync(path));

    /// <summary>The data of all events of a stream.</summary>
    public async Task<List<string>> StreamAsync(string path, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        using var response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Equal(new MediaTypeHeaderValue("text/event-stream") { CharSet = "utf-8" }, response.Content.Headers.ContentType);
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(e => !e.StartsWith(':')).Select(e => e["data: ".Length..])];
    }

    /// <summary>Waits until something holds; a test that waits in vain fails.</summary>
    public static async Task UntilAsync(Func<bool> holds, string what)
    {
        for (var i = 0; i < 1000 && !holds(); i++) await Task.Delay(10);
        Assert.True(holds(), what);
    }

    public CacheUsage Cache => Model.Queue.Status.Cache;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
    }

    static string Demo([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "models", "demo"));
}
