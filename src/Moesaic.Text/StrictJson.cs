using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Moesaic.Formats;

namespace Moesaic.Text;

/// <summary>Parses JSON that comes from people: every fault is reported with its place, none is passed on.</summary>
static class StrictJson
{
    static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false };

    /// <summary>Parses one value; the memory must stay unchanged as long as the value is used.</summary>
    /// <exception cref="BadModelException">Invalid UTF-8, malformed JSON, a repeated key or half a surrogate pair.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> json, string where)
    {
        CheckUtf8(json.Span, where);
        try
        {
            CheckSurrogates(json.Span, where);
            return JsonDocument.Parse(json, Options).RootElement;
        }
        catch (JsonException e)
        {
            throw new BadModelException($"{where}: malformed JSON: {e.Message}", e);
        }
    }

    public static void CheckUtf8(ReadOnlySpan<byte> bytes, string where)
    {
        if (Utf8.IsValid(bytes)) return;
        var at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out var consumed) == OperationStatus.Done) at += consumed;
        throw new BadModelException(
            $"{where}: byte {at + 1} is 0x{bytes[at]:X2}, which is not valid UTF-8. Convert the file to UTF-8.");
    }

    /// <summary>What a value is, to be put in a message.</summary>
    public static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a boolean",
    };

    static void CheckSurrogates(ReadOnlySpan<byte> json, string where)
    {
        if (json.IndexOf("\\u"u8) < 0) return;
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !reader.ValueIsEscaped) continue;
            try
            {
                _ = reader.GetString();
            }
            catch (InvalidOperationException e)
            {
                throw new BadModelException(
                    $"{where}: the string at byte {reader.TokenStartIndex + 1} holds half a surrogate pair (\\uD800 to \\uDFFF), which is no text.", e);
            }
        }
    }
}
