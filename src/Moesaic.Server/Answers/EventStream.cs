using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Moesaic.Server.Answers;

/// <summary>Server-sent events (HTML standard, section 9.2), each one JSON value. Headers go with the first, so that what fails before has a status.</summary>
sealed class EventStream(HttpContext context)
{
    bool started;

    /// <summary>Sends a value, and waits until the client takes it.</summary>
    public Task SendAsync<T>(T value, JsonTypeInfo<T> contract) => WriteAsync("data: "u8, JsonSerializer.SerializeToUtf8Bytes(value, contract));

    /// <summary>Sends what clients leave out of account.</summary>
    public Task SendCommentAsync() => WriteAsync(": "u8, "waiting"u8);

    /// <summary>Says that the answer is whole.</summary>
    public Task SendEndAsync() => WriteAsync("data: "u8, "[DONE]"u8);

    Task WriteAsync(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value)
    {
        Start();
        var writer = context.Response.BodyWriter;
        var space = writer.GetSpan(field.Length + value.Length + 2);
        field.CopyTo(space);
        value.CopyTo(space[field.Length..]);
        "\n\n"u8.CopyTo(space[(field.Length + value.Length)..]);
        writer.Advance(field.Length + value.Length + 2);
        return FlushAsync();
    }

    async Task FlushAsync() => await context.Response.BodyWriter.FlushAsync(context.RequestAborted);

    void Start()
    {
        if (started) return;
        started = true;
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers["X-Accel-Buffering"] = "no";
    }
}
