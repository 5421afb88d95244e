using System.Security.Cryptography;
using System.Text.Json;
using Moesaic.Text.Chat;

namespace Moesaic.Extensions.AI;

/// <summary>Reads the JSON of calls.</summary>
static class ToolCallReader
{
    // What the strictest templates want of an id.
    const int IdLength = 9;
    const string IdCharacters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>The calls of an object, or of an array of objects; null when it is not JSON or no call of a function that is known.</summary>
    public static IReadOnlyList<ChatToolCall>? Read(string text, IReadOnlySet<string> names)
    {
        if (Parse(text) is not { } json) return null;
        var calls = new List<ChatToolCall>();
        foreach (var item in json.ValueKind == JsonValueKind.Array ? json.EnumerateArray() : (IEnumerable<JsonElement>)[json])
        {
            if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String
                || !names.Contains(name.GetString()!) || Arguments(item) is not { } arguments)
                return null;
            calls.Add(new ChatToolCall(name.GetString()!, arguments, RandomNumberGenerator.GetString(IdCharacters, IdLength)));
        }
        return calls.Count > 0 ? calls : null;
    }

    static JsonElement? Arguments(JsonElement call)
    {
        if (!call.TryGetProperty("arguments", out var given) && !call.TryGetProperty("parameters", out given)) return JsonElement.Parse("{}");
        // Some models write the object as a string, as the OpenAI protocol does.
        var found = given.ValueKind == JsonValueKind.String ? Parse(given.GetString()!) : given;
        return found is { ValueKind: JsonValueKind.Object } ? found : null;
    }

    static JsonElement? Parse(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
