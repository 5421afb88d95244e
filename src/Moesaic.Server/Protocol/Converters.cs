using System.Text.Json;
using System.Text.Json.Serialization;

namespace Moesaic.Server.Protocol;

/// <summary>A text or a list of texts.</summary>
sealed class TextsConverter : JsonConverter<IReadOnlyList<string>>
{
    public override IReadOnlyList<string> Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String) return [reader.GetString()!];
        if (reader.TokenType != JsonTokenType.StartArray) throw Expected.Kind("a string or a list of strings");
        var texts = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            texts.Add(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw Expected.Kind("a string or a list of strings"));
        return texts;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<string> value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>A number, or true for 1 and false for none.</summary>
sealed class CountOrFlagConverter : JsonConverter<int?>
{
    public override int? Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.True => 1,
        JsonTokenType.False => null,
        JsonTokenType.Number when reader.TryGetInt32(out var count) => count,
        _ => throw Expected.Kind("an integer, true or false"),
    };

    public override void Write(Utf8JsonWriter writer, int? value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>A text, or a list of parts that are text.</summary>
sealed class ContentConverter : JsonConverter<string>
{
    const string Kind = "a string, or a list of parts {\"type\": \"text\", \"text\": ...}; only text is understood";

    public override string Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String) return reader.GetString()!;
        if (reader.TokenType != JsonTokenType.StartArray) throw Expected.Kind(Kind);
        using var parts = JsonDocument.ParseValue(ref reader);
        return string.Concat(parts.RootElement.EnumerateArray().Select(Text));
    }

    static string Text(JsonElement part)
    {
        var isText = part.ValueKind == JsonValueKind.Object && part.EnumerateObject().Count() == 2
            && part.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("text");
        return isText && part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : throw Expected.Kind(Kind);
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>"auto", "none", "required", or {"type": "function", "function": {"name": ...}}.</summary>
sealed class ToolChoiceConverter : JsonConverter<ToolChoiceField>
{
    const string Kind = "\"auto\", \"none\", \"required\" or {\"type\": \"function\", \"function\": {\"name\": ...}}";

    public override ToolChoiceField Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return reader.GetString() is "auto" or "none" or "required" ? new ToolChoiceField(reader.GetString()!) : throw Expected.Kind(Kind);
        if (reader.TokenType != JsonTokenType.StartObject) throw Expected.Kind(Kind);
        using var json = JsonDocument.ParseValue(ref reader);
        var choice = json.RootElement;
        return Only(choice, "type", "function") && choice.GetProperty("type") is { ValueKind: JsonValueKind.String } kind && kind.ValueEquals("function")
            && choice.GetProperty("function") is { ValueKind: JsonValueKind.Object } function && Only(function, "name")
            && function.GetProperty("name") is { ValueKind: JsonValueKind.String } name
            ? new ToolChoiceField("function", name.GetString()) : throw Expected.Kind(Kind);
    }

    static bool Only(JsonElement json, params string[] names) =>
        json.EnumerateObject().Count() == names.Length && names.All(n => json.TryGetProperty(n, out _));

    public override void Write(Utf8JsonWriter writer, ToolChoiceField value, JsonSerializerOptions options) => throw new NotSupportedException();
}
