using System.Net;
using Microsoft.AspNetCore.Http;
using Moesaic.Formats;
using Moesaic.Server.Errors;

namespace Moesaic.Server.Security;

/// <summary>
/// From which pages requests may come: browsers name a page's origin in the header Origin. Programs send none. The server's own page and the
/// listed origins may; the latter get the headers that let them read answers (CORS).
/// </summary>
sealed class OriginCheck(ServerOptions options)
{
    readonly HashSet<string> origins = new(options.Origins, StringComparer.OrdinalIgnoreCase);

    public static void Validate(string origin)
    {
        if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")
            || !string.Equals(uri.GetLeftPart(UriPartial.Authority), origin, StringComparison.OrdinalIgnoreCase))
            throw new BadRequestException($"The origin {origin} is none; give scheme, name and port of the page, such as https://example.org or http://localhost:3000.");
    }

    /// <summary>Checks the origin, and answers the question of a browser before the request.</summary>
    /// <returns>Whether it was such a question, which is answered now.</returns>
    /// <exception cref="ApiException">The page is not allowed.</exception>
    public bool Check(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (origins.Count > 0) response.Headers.Vary = "Origin";
        var given = request.Headers.Origin;
        if (given.Count == 0) return false;
        if (given.Count > 1 || given[0] is not { } origin || (!origins.Contains(origin) && !IsOwn(origin, request)))
            throw new ApiException(HttpStatusCode.Forbidden, $"Pages of {given} may not use this server; --cors allows an origin.", null, "unknown_origin");
        if (!origins.Contains(origin)) return false;
        response.Headers.AccessControlAllowOrigin = origin;
        response.Headers.AccessControlExposeHeaders = "Retry-After";
        if (!HttpMethods.IsOptions(request.Method) || !request.Headers.ContainsKey("Access-Control-Request-Method")) return false;
        response.Headers.AccessControlAllowMethods = "GET, POST, PUT";
        response.Headers.AccessControlAllowHeaders = request.Headers.AccessControlRequestHeaders;
        response.Headers.AccessControlMaxAge = "600";
        response.StatusCode = StatusCodes.Status204NoContent;
        return true;
    }

    // The name was checked before; behind a proxy with encryption the scheme differs.
    static bool IsOwn(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var page)
        && Uri.TryCreate($"{page.Scheme}://{request.Host.Value}", UriKind.Absolute, out var own)
        && page.GetLeftPart(UriPartial.Authority) == own.GetLeftPart(UriPartial.Authority);
}
