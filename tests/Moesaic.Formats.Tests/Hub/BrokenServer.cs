using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Moesaic.Formats.Tests.Hub;

/// <summary>A request as it arrived.</summary>
/// <param name="Path">With query.</param>
/// <param name="Headers">By lower-case name.</param>
sealed record Request(string Path, IReadOnlyDictionary<string, string> Headers)
{
    public string? this[string header] => Headers.GetValueOrDefault(header);

    /// <summary>First byte of the range asked for, or 0.</summary>
    public int From => this["range"] is { } range ? int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture) : 0;
}

/// <summary>An answer, honest or not.</summary>
sealed record Answer(int Status, byte[] Body)
{
    public Dictionary<string, string> Headers { get; init; } = [];

    /// <summary>The connection breaks after so many bytes of the body.</summary>
    public int? BreakAfter { get; init; }

    /// <summary>Nothing more comes after so many bytes of the body.</summary>
    public int? SilentAfter { get; init; }

    /// <summary>Bytes announced; null: as many as there are; negative: the header is left out.</summary>
    public long? Announced { get; init; }

    public static Answer Text(int status, string text) => new(status, Encoding.UTF8.GetBytes(text));

    public Answer With(string header, string value) => this with { Headers = new(Headers) { [header] = value } };

    public static Answer Redirect(string location, int status = 302) => new(status, []) { Headers = { ["Location"] = location } };
}

/// <summary>A server on this machine that answers each connection as a test wants, wrongly if so.</summary>
sealed class BrokenServer : IDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource end = new();
    readonly Func<Request, Answer> answer;

    public BrokenServer(Func<Request, Answer> answer)
    {
        this.answer = answer;
        listener.Start();
        _ = Accept();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

    public List<Request> Requests { get; } = [];

    async Task Accept()
    {
        try
        {
            while (true) _ = Serve(await listener.AcceptTcpClientAsync(end.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    async Task Serve(TcpClient client)
    {
        try
        {
            using (client)
            {
                var stream = client.GetStream();
                var request = await Read(stream);
                lock (Requests) Requests.Add(request);
                var reply = answer(request);
                var head = new StringBuilder($"HTTP/1.1 {reply.Status} Said\r\nConnection: close\r\n");
                var announced = reply.Announced ?? reply.Body.Length;
                if (announced >= 0) head.Append(CultureInfo.InvariantCulture, $"Content-Length: {announced}\r\n");
                foreach (var (name, value) in reply.Headers) head.Append($"{name}: {value}\r\n");
                await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()));
                await stream.WriteAsync(reply.Body.AsMemory(0, reply.BreakAfter ?? reply.SilentAfter ?? reply.Body.Length));
                await stream.FlushAsync();
                if (reply.SilentAfter is not null) await Task.Delay(Timeout.Infinite, end.Token);
                client.Client.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            // The other side has left, or the test is over.
        }
    }

    static async Task<Request> Read(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var path = (await reader.ReadLineAsync())!.Split(' ')[1];
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon].ToLowerInvariant()] = line[(colon + 1)..].Trim();
        }
        return new Request(path, headers);
    }

    public void Dispose()
    {
        end.Cancel();
        listener.Dispose();
        end.Dispose();
    }
}
