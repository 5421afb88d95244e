using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Moesaic.Formats;
using Moesaic.Server.Errors;
using Moesaic.Server.Protocol;

namespace Moesaic.Server.Requests;

/// <summary>Reads what a client sent.</summary>
static class RequestBody
{
    const string Where = "The body";

    /// <summary>Reads the body as a contract.</summary>
    /// <exception cref="ApiException">It is no JSON, or not what the contract needs; the message names the field.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> contract) where T : class =>
        Parse(await BytesAsync(context), contract);

    /// <inheritdoc cref="ReadAsync"/>
    public static T Parse<T>(ReadOnlyMemory<byte> utf8, JsonTypeInfo<T> contract) where T : class
    {
        var json = Json(() => StrictJson.ParseObject(utf8, Where));
        try
        {
            return json.Deserialize(contract)!;
        }
        catch (JsonException e)
        {
            throw Explain(e, contract);
        }
    }

    /// <summary>Reads the body as any JSON.</summary>
    public static async Task<JsonElement> ReadAsync(HttpContext context)
    {
        var utf8 = await BytesAsync(context);
        return Json(() => StrictJson.Parse(utf8, Where));
    }

    static async Task<ReadOnlyMemory<byte>> BytesAsync(HttpContext context)
    {
        // A page elsewhere can send anything but this without asking the browser's leave.
        if (!context.Request.HasJsonContentType())
            throw new ApiException(HttpStatusCode.UnsupportedMediaType, "Send JSON, with the header Content-Type: application/json.", null, "unsupported_media_type");
        using var bytes = new MemoryStream();
        await context.Request.Body.CopyToAsync(bytes, context.RequestAborted);
        return bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
    }

    static JsonElement Json(Func<JsonElement> parse)
    {
        try
        {
            return parse();
        }
        catch (BadModelException e)
        {
            throw new ApiException(HttpStatusCode.BadRequest, e.Message, null, "invalid_json", e);
        }
    }

    static ApiException Explain<T>(JsonException failure, JsonTypeInfo<T> contract)
    {
        var field = Expected.Field(failure.Path);
        if (failure.Message.Contains("could not be mapped", StringComparison.Ordinal))
            return new(HttpStatusCode.BadRequest, $"{field}: this server does not know the field; docs/server.md lists those it knows.", field, "unknown_field", failure);
        var need = Expected.At(failure, contract) is { } kind ? $"need {kind}" : "the value is of the wrong kind";
        return new(HttpStatusCode.BadRequest, field.Length == 0 ? $"The body: {need}." : $"{field}: {need}.", field.Length == 0 ? null : field, "invalid_type", failure);
    }
}
