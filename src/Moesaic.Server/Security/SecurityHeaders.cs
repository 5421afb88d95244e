using Microsoft.AspNetCore.Http;

namespace Moesaic.Server.Security;

/// <summary>What browsers must not do with answers.</summary>
static class SecurityHeaders
{
    const string Nothing = "default-src 'none'; frame-ancestors 'none'";

    const string OwnPage = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; manifest-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void AddTo(HttpResponse response)
    {
        var headers = response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.ContentSecurityPolicy = Nothing;
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.XFrameOptions = "DENY";
        headers.CacheControl = "no-store";
    }

    /// <summary>For the page, which loads its own files and talks to its own server.</summary>
    public static void ForPage(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = OwnPage;
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
    }
}
