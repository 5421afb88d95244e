using System.Text.Json;
using System.Text.Json.Serialization;

namespace Moesaic.Server.Protocol;

/// <summary>POST /v1/embeddings.</summary>
sealed record EmbeddingsRequest
{
    public string? Model { get; init; }
    [JsonConverter(typeof(PromptsConverter))]
    public IReadOnlyList<GivenPrompt>? Input { get; init; }
    public string? EncodingFormat { get; init; }
    public JsonElement? Dimensions { get; init; }
    public string? User { get; init; }

    // Not OpenAI's.
    public string? Pooling { get; init; }
    public bool? Normalise { get; init; }
    public bool? AddSpecialTokens { get; init; }
    public string? Task { get; init; }
    public MoesaicFields? Moesaic { get; init; }
}
