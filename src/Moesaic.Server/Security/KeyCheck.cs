using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Moesaic.Formats;
using Moesaic.Server.Errors;

namespace Moesaic.Server.Security;

/// <summary>Whether a request shows a key. How long the answer takes tells nothing of the keys.</summary>
sealed class KeyCheck(ServerOptions options)
{
    const int Shortest = 16;
    const string Scheme = "Bearer ";

    readonly byte[][] hashes = [.. options.Keys.Select(Hash)];

    public static void Validate(string key)
    {
        if (key.Length < Shortest || key.Any(c => c is <= ' ' or > '~'))
            throw new BadRequestException($"A key has {key.Length} characters; need {Shortest} or more, all visible ASCII without spaces, such as openssl rand -hex 32 makes.");
    }

    /// <summary>Finds the key of a request.</summary>
    /// <returns>Its number; 0 when the server asks for none.</returns>
    /// <exception cref="ApiException">There is none, or a wrong one.</exception>
    public int Check(HttpContext context)
    {
        if (hashes.Length == 0) return 0;
        var given = context.Request.Headers.Authorization;
        var hash = given.Count == 1 && given[0] is { } text && text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? Hash(text[Scheme.Length..].Trim()) : [];
        var found = -1;
        for (var i = 0; i < hashes.Length; i++)
            if (CryptographicOperations.FixedTimeEquals(hashes[i], hash)) found = i;
        if (found >= 0) return found;
        context.Response.Headers.WWWAuthenticate = "Bearer";
        throw new ApiException(HttpStatusCode.Unauthorized, given.Count == 0
            ? "This server asks for a key: send it in the header Authorization: Bearer KEY." : "The key is wrong.", null, "invalid_api_key");
    }

    // Of equal length, whatever was sent.
    static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
