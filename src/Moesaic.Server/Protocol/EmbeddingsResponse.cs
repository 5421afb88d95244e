using System.Text.Json;

namespace Moesaic.Server.Protocol;

/// <summary>An answer of /v1/embeddings.</summary>
sealed record EmbeddingsResponse(string Model, IReadOnlyList<EmbeddingEntry> Data, EmbeddingsUsage Usage)
{
    public string Object => "list";
}

/// <summary>The vector of one input.</summary>
/// <param name="Index">Which.</param>
/// <param name="Embedding">A list of numbers, or base64 of little-endian float32.</param>
sealed record EmbeddingEntry(int Index, JsonElement Embedding)
{
    public string Object => "embedding";
}

/// <summary>Tokens that were read.</summary>
sealed record EmbeddingsUsage(int PromptTokens, int TotalTokens);
