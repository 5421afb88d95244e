using System.Net;
using Moesaic.Formats;
using Moesaic.Server.Security;

namespace Moesaic.Server;

/// <summary>How a model is served. The defaults serve programs of this machine only.</summary>
public sealed record ServerOptions
{
    /// <summary>Address to listen at: an IP address, or localhost. Default 127.0.0.1.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Port, 0 to 65535; 0 takes a free one. Default 8080.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>
    /// Keys of which a request must show one (Authorization: Bearer). Each has 16 visible ASCII characters or more. Empty, the default: no
    /// key is asked for, and only addresses of this machine itself are allowed.
    /// </summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Whether other machines may use the server without a key. Default false.</summary>
    public bool WithoutKey { get; init; }

    /// <summary>
    /// Names that requests may call the server by (header Host) besides localhost and the addresses it listens at. A page from elsewhere
    /// can have its own name resolve to this machine; such requests are refused by this. Default: none.
    /// </summary>
    public IReadOnlyList<string> HostNames { get; init; } = [];

    /// <summary>Origins of pages that may use the server besides its own, such as https://example.org (CORS). Default: none.</summary>
    public IReadOnlyList<string> Origins { get; init; } = [];

    /// <summary>Longest body of a request in bytes, 1 to 1 GB. Default 4 MB.</summary>
    public long MaxBody { get; init; } = 4_000_000;

    /// <summary>Most texts of a request: prompts times answers. 1 to 128. Default 64.</summary>
    public int MaxBatch { get; init; } = 64;

    /// <summary>Most connections at a time, 1 or more. Default 1000.</summary>
    public int MaxConnections { get; init; } = 1000;

    /// <summary>
    /// Most requests whose bodies and answers are held at a time, 1 or more; one more is answered with 429 before it is read. Default 256.
    /// </summary>
    public int MaxRequests { get; init; } = 256;

    /// <summary>Longest time a request may take, waiting included; null, the default, for any. Requests may ask for less.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Longest time that requests have to end when the server is asked to stop; 0 or more. Default 30 seconds.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After so much silence of a stream a comment is sent, so that nobody in between takes the connection for dead. Default 10 seconds.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Where metrics are sent by OTLP (HTTP, protobuf), such as http://localhost:4318; null, the default: nowhere.</summary>
    public Uri? Otlp { get; init; }

    /// <summary>Whether routing policies may be changed while it runs. Null, the default: as long as it listens to this machine only.</summary>
    public bool? PolicyChanges { get; init; }

    /// <summary>Is told of defects. Default: nobody.</summary>
    public Action<string> Report { get; init; } = _ => { };

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal bool IsLocal => BindAddress.IsLocal(Host);

    /// <summary>Checks the ranges, and that nobody else can use it by mistake.</summary>
    /// <exception cref="BadRequestException">A value lies outside, or other machines could use it without a key.</exception>
    public void Validate()
    {
        var address = BindAddress.Parse(Host);
        Check(Port is >= 0 and <= IPEndPoint.MaxPort, "port", Port, "0 to 65535; 0 takes a free one");
        Check(MaxBody is >= 1 and <= 1_000_000_000, "longest body", MaxBody, "1 to 1000000000 bytes");
        Check(MaxBatch is >= 1 and <= 128, "most texts of a request", MaxBatch, "1 to 128");
        Check(MaxConnections >= 1, "most connections", MaxConnections, "1 or more");
        Check(MaxRequests >= 1, "most requests", MaxRequests, "1 or more");
        Check(Deadline is not { } deadline || deadline > TimeSpan.Zero, "deadline", Deadline, "more than 0");
        Check(Drain >= TimeSpan.Zero, "time to drain", Drain, "0 or more");
        Check(KeepAlive > TimeSpan.Zero, "time between comments", KeepAlive, "more than 0");
        Check(Otlp is null || Otlp is { IsAbsoluteUri: true, Scheme: "http" or "https" }, "OTLP address", Otlp, "http://... or https://...");
        foreach (var key in Keys) KeyCheck.Validate(key);
        foreach (var name in HostNames) HostCheck.Validate(name);
        foreach (var origin in Origins) OriginCheck.Validate(origin);
        if (address is not null && !IPAddress.IsLoopback(address) && Keys.Count == 0 && !WithoutKey)
            throw new BadRequestException(
                $"At {Host} other machines can reach the server, and no key is set: give --api-key-file or the environment variable MOESAIC_API_KEY, " +
                "or --without-key if everyone who reaches it may use it.");
    }

    static void Check(bool good, string name, object? value, string need)
    {
        if (!good) throw new BadRequestException(FormattableString.Invariant($"The {name} is {value}; need {need}."));
    }
}
