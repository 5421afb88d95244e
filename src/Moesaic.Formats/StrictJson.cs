using System.Text.Json;

namespace Moesaic.Formats;

/// <summary>Small JSON files of a model folder: an object, no comments, no duplicate keys, a bounded size.</summary>
static class StrictJson
{
    const long MaxBytes = 256L << 20;

    static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    internal static JsonDocument Load(string path) => InputErrors.Explain(path, () =>
    {
        var target = InputErrors.Target(path);
        if (target.Length > MaxBytes)
            throw new BadModelException($"{path} holds {target.Length} bytes, far more than such a file has.");
        if (target.Length == 0) throw new BadModelException($"{path} is empty; fetch it again.");
        return Parse(File.ReadAllBytes(target.FullName), path);
    });

    internal static JsonDocument Parse(ReadOnlyMemory<byte> json, string source)
    {
        if (json.Span.StartsWith("\uFEFF"u8)) json = json[3..];
        try
        {
            var document = JsonDocument.Parse(json, Options);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new BadModelException($"{source} does not hold a JSON object.");
            CheckStrings(document.RootElement);
            return document;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new BadModelException($"{source} is not valid JSON: {e.Message}", e);
        }
    }

    /// <summary>
    /// Escaped lone surrogates pass the parser but have no string; found here, they surprise nobody later.
    /// </summary>
    static void CheckStrings(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray()) CheckStrings(item);
                break;
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    _ = property.Name;
                    CheckStrings(property.Value);
                }
                break;
        }
    }
}
