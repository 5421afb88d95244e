using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Moesaic.Formats;

/// <summary>
/// JSON that comes from people: no comments, no repeated keys, valid text throughout. Every fault is reported with its place as a
/// <see cref="BadModelException"/>, none is passed on.
/// </summary>
public static class StrictJson
{
    const long MaxBytes = 256L << 20;

    static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    /// <summary>Reads a small file of a model folder, which must hold an object.</summary>
    /// <param name="path">A regular file of at most 256 MiB; a byte order mark is skipped.</param>
    public static JsonElement LoadObject(string path) => InputErrors.Explain(path, () =>
    {
        var target = InputErrors.Target(path);
        if (target.Length > MaxBytes)
            throw new BadModelException($"{path} holds {target.Length} bytes, far more than such a file has.");
        if (target.Length == 0) throw new BadModelException($"{path} is empty; fetch it again.");
        return ParseObject(File.ReadAllBytes(target.FullName), path);
    });

    /// <summary>Parses an object.</summary>
    /// <param name="json">UTF-8, with or without a byte order mark; must stay unchanged as long as the value is used.</param>
    /// <param name="where">The place, for messages.</param>
    public static JsonElement ParseObject(ReadOnlyMemory<byte> json, string where)
    {
        if (json.Span.StartsWith("\uFEFF"u8)) json = json[3..];
        var value = Parse(json, where);
        return value.ValueKind == JsonValueKind.Object
            ? value : throw new BadModelException($"{where}: an object is needed, this is {Describe(value)}.");
    }

    /// <summary>Parses one value of any kind.</summary>
    /// <inheritdoc cref="ParseObject"/>
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
            throw new BadModelException($"{where} is not valid JSON: {e.Message}", e);
        }
    }

    /// <summary>Refuses bytes that are not UTF-8 and names the first.</summary>
    /// <param name="bytes">The text.</param>
    /// <param name="where">The place, for the message.</param>
    public static void CheckUtf8(ReadOnlySpan<byte> bytes, string where)
    {
        if (Utf8.IsValid(bytes)) return;
        var at = 0;
        while (Rune.DecodeFromUtf8(bytes[at..], out _, out var consumed) == OperationStatus.Done) at += consumed;
        throw new BadModelException(
            $"{where}: byte {at + 1} is 0x{bytes[at]:X2}, which is not valid UTF-8. Convert the file to UTF-8.");
    }

    /// <summary>What kind of value it is, to be put in a message: "an array".</summary>
    public static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "a boolean",
    };

    /// <summary>Escaped halves of a surrogate pair pass the parser but are no text; found here, they surprise nobody later.</summary>
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
