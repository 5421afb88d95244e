using System.Net;
using Microsoft.AspNetCore.Http;
using Moesaic.Formats;
using Moesaic.Server.Errors;

namespace Moesaic.Server.Security;

/// <summary>
/// By which names requests may call the server. A browser lets the page of any site talk to a server of the same name; whoever owns that
/// name can have it resolve to this machine (DNS rebinding). Only names that nobody else owns are known: localhost, addresses, and the listed ones.
/// </summary>
sealed class HostCheck
{
    readonly HashSet<string> names;
    readonly IPAddress? address;

    public HostCheck(ServerOptions options)
    {
        names = new(options.HostNames, StringComparer.OrdinalIgnoreCase) { "localhost" };
        address = BindAddress.Parse(options.Host);
    }

    public static void Validate(string name)
    {
        if (Uri.CheckHostName(name) == UriHostNameType.Unknown)
            throw new BadRequestException($"The name {name} of the server is no host name; give it without scheme and port, such as models.example.org.");
    }

    /// <exception cref="ApiException">The name is not the server's.</exception>
    public void Check(HttpContext context)
    {
        // Two headers, or one for several hosts, are for none.
        var given = context.Request.Headers.Host;
        if (given.Count != 1 || !HostString.FromUriComponent(given[0] ?? "").HasValue || !IsKnown(context.Request.Host.Host))
            throw new ApiException(HttpStatusCode.MisdirectedRequest, $"This server is not called {given}; --host-name adds a name.", null, "unknown_host");
    }

    bool IsKnown(string host)
    {
        if (names.Contains(host)) return true;
        var literal = host is ['[', .., ']'] ? host[1..^1] : host;
        if (!IPAddress.TryParse(literal, out var called)) return false;
        if (address is null || IPAddress.IsLoopback(address)) return IPAddress.IsLoopback(called);
        // Listening at all addresses it has many, which nobody else can own either.
        return address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || address.Equals(called) || IPAddress.IsLoopback(called);
    }
}
