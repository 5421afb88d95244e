using System.Text.Json;
using System.Text.Json.Serialization;

namespace Moesaic.Server.Protocol;

/// <summary>A prompt: a text, or token ids.</summary>
/// <param name="Text">Null for ids.</param>
/// <param name="Ids">Null for a text.</param>
sealed record GivenPrompt(string? Text, int[]? Ids);

/// <summary>One prompt or several: a text, a list of texts, a list of ids, or a list of lists of ids.</summary>
sealed class PromptsConverter : JsonConverter<IReadOnlyList<GivenPrompt>>
{
    const string Kind = "a string, a list of strings, a list of token ids, or a list of such lists";

    public override IReadOnlyList<GivenPrompt> Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String) return [new(reader.GetString(), null)];
        if (reader.TokenType != JsonTokenType.StartArray) throw Expected.Kind(Kind);
        var prompts = new List<GivenPrompt>();
        List<int>? ids = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.Number && prompts.Count == 0) (ids ??= []).Add(Id(ref reader));
            else if (reader.TokenType == JsonTokenType.String && ids is null) prompts.Add(new(reader.GetString(), null));
            else if (reader.TokenType == JsonTokenType.StartArray && ids is null) prompts.Add(new(null, Ids(ref reader)));
            else throw Expected.Kind(Kind);
        }
        return ids is null ? prompts : [new(null, [.. ids])];
    }

    static int[] Ids(ref Utf8JsonReader reader)
    {
        var ids = new List<int>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) ids.Add(Id(ref reader));
        return [.. ids];
    }

    static int Id(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var id) ? id : throw Expected.Kind(Kind);

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<GivenPrompt> value, JsonSerializerOptions options) => throw new NotSupportedException();
}
