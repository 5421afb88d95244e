using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Moesaic.Server;

/// <summary>Answers that are one JSON value.</summary>
static class JsonAnswer
{
    public static async Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> contract)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(value, contract);
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }
}
