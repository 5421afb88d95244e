using System.Text.Json;
using Moesaic.Formats;

namespace Moesaic.Text.Chat;

/// <summary>Reads conversations in the shape of the OpenAI chat protocol.</summary>
public static class ChatMessageReader
{
    static readonly string[] Roles = ["system", "developer", "user", "assistant", "tool"];

    /// <summary>
    /// Reads an array of messages. A content that is a list of text parts is joined to one text; arguments of tool calls
    /// that are a JSON object written as a string are parsed, as templates expect the object.
    /// </summary>
    /// <param name="messages">A JSON array of objects with role, content, tool_calls, tool_call_id, name, reasoning_content.</param>
    /// <param name="where">The file and line, to begin error messages with.</param>
    /// <exception cref="BadModelException">An unknown role, a wrong type, a missing key or content that is not text.</exception>
    public static IReadOnlyList<ChatMessage> Read(JsonElement messages, string where)
    {
        if (messages.ValueKind != JsonValueKind.Array) throw new BadModelException($"{where}: messages must be an array.");
        var read = new List<ChatMessage>(messages.GetArrayLength());
        foreach (var message in messages.EnumerateArray()) read.Add(ReadOne(message, $"{where}, message {read.Count + 1}"));
        if (read.Count == 0) throw new BadModelException($"{where}: the conversation holds no message.");
        return read;
    }

    internal static ChatMessage ReadOne(JsonElement message, string where)
    {
        if (message.ValueKind != JsonValueKind.Object) throw new BadModelException($"{where}: a message must be an object.");
        string? role = null, content = null, name = null, call = null, reasoning = null;
        List<ChatToolCall>? calls = null;
        Dictionary<string, JsonElement>? extra = null;
        foreach (var property in message.EnumerateObject())
        {
            var value = property.Value;
            switch (property.Name)
            {
                case "role": role = Text(value, where, "role"); break;
                case "content": content = Content(value, where); break;
                case "name": name = Text(value, where, "name"); break;
                case "tool_call_id": call = Text(value, where, "tool_call_id"); break;
                case "reasoning_content": reasoning = Text(value, where, "reasoning_content"); break;
                case "tool_calls": calls = Calls(value, where); break;
                default: (extra ??= []).Add(property.Name, value); break;
            }
        }
        if (role is null) throw new BadModelException($"{where}: a message needs a role: one of {string.Join(", ", Roles)}.");
        if (!Roles.Contains(role, StringComparer.Ordinal))
            throw new BadModelException($"{where}: the role \"{role}\" is unknown; known are {string.Join(", ", Roles)}.");
        if (content is null && calls is null && reasoning is null)
            throw new BadModelException($"{where}: the message of role {role} has no content.");
        return new ChatMessage(role, content)
        {
            Name = name, ToolCallId = call, ReasoningContent = reasoning, ToolCalls = calls, Extra = extra,
        };
    }

    static string? Text(JsonElement value, string where, string key) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Null => null,
        _ => throw new BadModelException($"{where}: {key} must be a string."),
    };

    static string? Content(JsonElement value, string where)
    {
        if (value.ValueKind != JsonValueKind.Array) return Text(value, where, "content");
        var texts = new List<string>();
        foreach (var part in value.EnumerateArray())
        {
            if (part.ValueKind == JsonValueKind.Object
                && part.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("text")
                && part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String)
                texts.Add(text.GetString()!);
            else
                throw new BadModelException($"{where}: content part {texts.Count + 1} is not {{\"type\": \"text\", \"text\": ...}}; only text is supported.");
        }
        return string.Concat(texts);
    }

    static List<ChatToolCall>? Calls(JsonElement value, string where)
    {
        if (value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind != JsonValueKind.Array) throw new BadModelException($"{where}: tool_calls must be an array.");
        var calls = value.EnumerateArray().Select((call, index) => Call(call, $"{where}, tool call {index + 1}")).ToList();
        return calls.Count == 0 ? null : calls;
    }

    internal static ChatToolCall Call(JsonElement call, string where)
    {
        if (call.ValueKind != JsonValueKind.Object) throw new BadModelException($"{where}: a tool call must be an object.");
        var function = call.TryGetProperty("function", out var inner) && inner.ValueKind == JsonValueKind.Object ? inner : call;
        if (!function.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String)
            throw new BadModelException($"{where}: the call has no name.");
        if (!function.TryGetProperty("arguments", out var arguments)) arguments = JsonElement.Parse("{}");
        var id = call.TryGetProperty("id", out var given) ? Text(given, where, "id") : null;
        return new ChatToolCall(name.GetString()!, Object(arguments), id);
    }

    static JsonElement Object(JsonElement arguments)
    {
        if (arguments.ValueKind != JsonValueKind.String) return arguments;
        try
        {
            var parsed = JsonElement.Parse(arguments.GetString()!);
            return parsed.ValueKind == JsonValueKind.Object ? parsed : arguments;
        }
        catch (JsonException)
        {
            return arguments;
        }
    }
}
