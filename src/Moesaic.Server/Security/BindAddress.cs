using System.Net;
using Moesaic.Formats;

namespace Moesaic.Server.Security;

/// <summary>Where a server listens.</summary>
static class BindAddress
{
    /// <summary>The address; null for localhost, which is that of both IP versions.</summary>
    /// <exception cref="BadRequestException">It is neither.</exception>
    public static IPAddress? Parse(string host)
    {
        if (host == "localhost") return null;
        var literal = host is ['[', .., ']'] ? host[1..^1] : host;
        // Else "1" would be 0.0.0.1.
        if (IPAddress.TryParse(literal, out var address) && (literal.Contains(':', StringComparison.Ordinal) || literal.Count(c => c == '.') == 3)) return address;
        throw new BadRequestException($"The address to listen at is {host}; need an IP address such as 127.0.0.1, ::1 or 0.0.0.0, or localhost.");
    }

    /// <summary>Whether only this machine reaches it.</summary>
    public static bool IsLocal(string host) => Parse(host) is not { } address || IPAddress.IsLoopback(address);
}
