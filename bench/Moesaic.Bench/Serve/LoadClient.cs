using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Moesaic.Bench.Serve;

/// <summary>One client: a name and connections of its own.</summary>
sealed class LoadClient(Uri address, int number) : IDisposable
{
    readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20) })
    {
        BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>What it calls itself.</summary>
    public string Name => $"client-{number}";

    /// <summary>Sends a body and reads the whole answer.</summary>
    /// <returns>The answer; null unless the status is 200.</returns>
    public async Task<JsonElement?> AskAsync(Attempt attempt, string path, string body, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        using var response = await http.PostAsync(path, Json(body), cancellation);
        attempt.First = Stopwatch.GetElapsedTime(start).TotalSeconds;
        attempt.Status = (int)response.StatusCode;
        var text = await response.Content.ReadAsStringAsync(cancellation);
        attempt.Total = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var answer = Parsed(attempt, text);
        return attempt.Status == 200 ? answer : null;
    }

    /// <summary>Sends a body and reads the events of the answer.</summary>
    /// <param name="attempt">What came of it.</param>
    /// <param name="path">Where.</param>
    /// <param name="body">With "stream".</param>
    /// <param name="leaveAfter">Number of events after which the client leaves; null: it stays.</param>
    /// <param name="cancellation">The end of patience.</param>
    public async Task StreamAsync(Attempt attempt, string path, string body, int? leaveAfter, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Json(body) };
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        attempt.Status = (int)response.StatusCode;
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
        if (attempt.Status != 200)
        {
            Parsed(attempt, await reader.ReadToEndAsync(cancellation));
            return;
        }
        var (events, ended) = (0, false);
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
            if (events++ == leaveAfter) return;
            if (line == "data: [DONE]") ended = true;
            else if (Parsed(attempt, line[6..]) is { } chunk) Read(chunk);
        }
        attempt.Total = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (!ended) attempt.Fault ??= "a stream without its end";

        void Read(JsonElement chunk)
        {
            if (chunk.TryGetProperty("error", out var error)) attempt.Fault = $"an error in the stream: {error}";
            if (chunk.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object) attempt.Tokens = usage.GetProperty("completion_tokens").GetInt32();
            if (double.IsNaN(attempt.First) && chunk.TryGetProperty("choices", out var choices) && choices.GetArrayLength() > 0 && HasText(choices[0]))
                attempt.First = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }

    /// <summary>Reads a page.</summary>
    public async Task<string?> GetAsync(Attempt attempt, string path, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        using var response = await http.GetAsync(path, cancellation);
        attempt.Status = (int)response.StatusCode;
        var text = await response.Content.ReadAsStringAsync(cancellation);
        attempt.First = attempt.Total = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return attempt.Status == 200 ? text : null;
    }

    /// <summary>Sends any request.</summary>
    public async Task SendAsync(Attempt attempt, HttpRequestMessage request, CancellationToken cancellation)
    {
        using (request)
        using (var response = await http.SendAsync(request, cancellation)) attempt.Status = (int)response.StatusCode;
    }

    /// <summary>Sends bytes as they are, on a connection of their own.</summary>
    /// <param name="attempt">What came of it.</param>
    /// <param name="bytes">Whatever.</param>
    /// <param name="waits">Whether the client waits for an answer or leaves at once.</param>
    /// <param name="cancellation">The end of patience.</param>
    /// <param name="isAll">Whether the client tells that nothing more will come.</param>
    public async Task SendRawAsync(Attempt attempt, byte[] bytes, bool waits, CancellationToken cancellation, bool isAll = false)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, address.Port, cancellation);
            await socket.SendAsync(bytes, cancellation);
            if (!waits) return;
            if (isAll) socket.Shutdown(SocketShutdown.Send);
            var answer = new byte[64];
            var read = await socket.ReceiveAsync(answer, cancellation);
            // "HTTP/1.1 400"
            if (read >= 12 && int.TryParse(answer.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status)) attempt.Status = status;
        }
        catch (SocketException)
        {
            attempt.Status = 0;
        }
    }

    public void Dispose() => http.Dispose();

    static bool HasText(JsonElement choice) =>
        (choice.TryGetProperty("text", out var text) || (choice.TryGetProperty("delta", out var delta) && delta.TryGetProperty("content", out text)))
        && text.ValueKind == JsonValueKind.String && text.GetString() is not "";

    static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    static JsonElement? Parsed(Attempt attempt, string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            attempt.Fault = $"status {attempt.Status} with what is no JSON: {text[..Math.Min(60, text.Length)]}";
            return null;
        }
    }
}
