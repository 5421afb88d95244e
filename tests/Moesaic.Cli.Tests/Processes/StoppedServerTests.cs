using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Moesaic.Cli.Tests.Processes;

public sealed partial class StoppedServerTests
{
    [GeneratedRegex(@"http://127\.0\.0\.1:\d+/")]
    private static partial Regex Address { get; }

    static async Task<(ToolProcess Tool, HttpClient Client)> ServeAsync(params string[] options)
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("processes are sent signals as on Unix");
        var tool = ToolProcess.Start(["serve", ShippedModel(), "--port", "0", "--json", .. options]);
        // The last line tells that it is ready.
        var address = Address.Match(await tool.LineWith("curl")).Value;
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(address) };
        Assert.Equal("ready", (await client.GetFromJsonAsync<JsonElement>("ready")).GetProperty("status").GetString());
        return (tool, client);
    }

    /// <summary>Begins texts that go on until the context is full: what ends a text is forbidden.</summary>
    static async Task<StreamReader> BeginAsync(HttpClient client, int texts)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "v1/completions")
        {
            Content = new StringContent($$"""{"prompt": "The", "max_tokens": 5000, "n": {{texts}}, "stream": true, "logit_bias": {"4093": -100, "4095": -100} }""", System.Text.Encoding.UTF8, "application/json"),
        };
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var events = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.StartsWith("data: ", await events.ReadLineAsync(), StringComparison.Ordinal);
        return events;
    }

    [Fact]
    public async Task What_was_asked_is_answered_before_it_ends()
    {
        var (tool, client) = await ServeAsync();
        using var _ = tool;
        using var __ = client;
        using var events = await BeginAsync(client, texts: 1);
        tool.Signal(PosixSignal.SIGTERM);
        Assert.EndsWith("data: [DONE]\n\n", await events.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await tool.ExitCode());
        Assert.Contains(tool.Lines, l => l.Contains("all requests were answered", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_does_not_end_in_time_is_cut_off()
    {
        var (tool, client) = await ServeAsync("--drain", "0.1");
        using var _ = tool;
        using var __ = client;
        using var events = await BeginAsync(client, texts: 16);
        tool.Signal(PosixSignal.SIGINT);
        var rest = await events.ReadToEndAsync();
        Assert.Contains("shutting_down", rest, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", rest, StringComparison.Ordinal);
        Assert.Equal(130, await tool.ExitCode());
    }

    [Fact]
    public async Task After_a_kill_it_starts_again()
    {
        var (tool, client) = await ServeAsync();
        using (tool)
        using (client)
        {
            using var events = await BeginAsync(client, texts: 8);
            tool.Kill();
        }
        var (again, other) = await ServeAsync();
        using var _ = again;
        using var __ = other;
        again.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await again.ExitCode());
    }

    [Fact]
    public async Task A_model_that_is_none_ends_it()
    {
        using var tool = ToolProcess.Start("serve", Path.GetTempPath(), "--port", "0", "--json");
        Assert.Equal(3, await tool.ExitCode());
    }

    static string ShippedModel([System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "models", "demo"));
}
