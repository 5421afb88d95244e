using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Moesaic.Server.Security;

namespace Moesaic.Server.Endpoints;

/// <summary>The page at / and its files, which lie in the assembly.</summary>
static class PageEndpoints
{
    const string Folder = "page/";
    const string Start = "index.html";

    public static void MapTo(IEndpointRouteBuilder routes)
    {
        var assembly = typeof(PageEndpoints).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Folder, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            var file = name[Folder.Length..];
            var page = new PageFile(content, TypeOf(file));
            routes.MapMethods(file == Start ? "/" : $"/{file}", [HttpMethods.Get, HttpMethods.Head], page.AnswerAsync).WithMetadata(OpenToAll.Mark);
        }
    }

    static string TypeOf(string file) => Path.GetExtension(file) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".webmanifest" => "application/manifest+json",
        var other => throw new InvalidOperationException($"the page has a file {file}; which type is {other}?"),
    };

    sealed class PageFile(byte[] content, string type)
    {
        readonly string tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(content))}\"";

        public async Task AnswerAsync(HttpContext context)
        {
            var response = context.Response;
            SecurityHeaders.ForPage(response);
            response.Headers.ETag = tag;
            response.Headers.CacheControl = "no-cache";
            if (context.Request.Headers.IfNoneMatch.Any(known => known == tag))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }
            (response.ContentType, response.ContentLength) = (type, content.Length);
            if (!HttpMethods.IsHead(context.Request.Method)) await response.Body.WriteAsync(content, context.RequestAborted);
        }
    }
}
