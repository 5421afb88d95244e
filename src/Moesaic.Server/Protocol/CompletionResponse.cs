using System.Text.Json.Serialization;

namespace Moesaic.Server.Protocol;

/// <summary>An answer of /v1/completions, whole or a part of it.</summary>
sealed record CompletionResponse
{
    public required string Id { get; init; }
    public string Object => "text_completion";
    public required long Created { get; init; }
    public required string Model { get; init; }
    public required string SystemFingerprint { get; init; }
    public required IReadOnlyList<CompletionChoice> Choices { get; init; }
    public Usage? Usage { get; init; }
    public MoesaicAnswer? Moesaic { get; init; }
}

/// <summary>One of its texts, or what came of it since the part before.</summary>
sealed record CompletionChoice
{
    public required int Index { get; init; }
    public required string Text { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public CompletionLogProbs? Logprobs { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? FinishReason { get; init; }
    public MoesaicChoice? Moesaic { get; init; }
}

/// <summary>Lists of the same length, an entry for each token.</summary>
sealed record CompletionLogProbs
{
    public required IReadOnlyList<string> Tokens { get; init; }
    public required IReadOnlyList<float?> TokenLogprobs { get; init; }
    public required IReadOnlyList<Dictionary<string, float>?> TopLogprobs { get; init; }
    public required IReadOnlyList<int> TextOffset { get; init; }
}
