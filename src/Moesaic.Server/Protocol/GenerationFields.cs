using System.Text.Json.Serialization;

namespace Moesaic.Server.Protocol;

/// <summary>What requests for texts have in common. Null: not given. docs/server.md tells what each field means.</summary>
abstract record GenerationFields
{
    public string? Model { get; init; }
    public float? Temperature { get; init; }
    public float? TopP { get; init; }
    public int? N { get; init; }
    public bool? Stream { get; init; }
    public StreamOptions? StreamOptions { get; init; }
    [JsonConverter(typeof(TextsConverter))]
    public IReadOnlyList<string>? Stop { get; init; }
    public int? MaxTokens { get; init; }
    public float? PresencePenalty { get; init; }
    public float? FrequencyPenalty { get; init; }
    public Dictionary<string, float>? LogitBias { get; init; }
    public string? User { get; init; }
    public long? Seed { get; init; }
    public ResponseFormat? ResponseFormat { get; init; }

    // Not OpenAI's; vLLM has those of the same name.
    public int? TopK { get; init; }
    public float? MinP { get; init; }
    public float? TypicalP { get; init; }
    public float? RepetitionPenalty { get; init; }
    public int? RepetitionWindow { get; init; }
    public string? Task { get; init; }
    public MoesaicFields? Moesaic { get; init; }
}

/// <summary>How an answer is streamed.</summary>
sealed record StreamOptions
{
    public bool? IncludeUsage { get; init; }
    public bool? IncludeObfuscation { get; init; }
}

/// <summary>What this server offers beyond the protocol.</summary>
sealed record MoesaicFields
{
    public bool? Routing { get; init; }
    public double? DeadlineSeconds { get; init; }
}
