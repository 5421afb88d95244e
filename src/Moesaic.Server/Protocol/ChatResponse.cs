using System.Text.Json.Serialization;

namespace Moesaic.Server.Protocol;

/// <summary>An answer of /v1/chat/completions, whole or, in a stream, a part of it.</summary>
sealed record ChatResponse
{
    public required string Id { get; init; }
    public required string Object { get; init; }
    public required long Created { get; init; }
    public required string Model { get; init; }
    public required string SystemFingerprint { get; init; }
    public required IReadOnlyList<ChatChoice> Choices { get; init; }
    public Usage? Usage { get; init; }
    public MoesaicAnswer? Moesaic { get; init; }
}

/// <summary>One of its messages: whole, or what came of it since the part before.</summary>
sealed record ChatChoice
{
    public required int Index { get; init; }
    public AnsweredMessage? Message { get; init; }
    public MessageDelta? Delta { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public ChatLogProbs? Logprobs { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? FinishReason { get; init; }
    public MoesaicChoice? Moesaic { get; init; }
}

/// <summary>What the assistant says.</summary>
sealed record AnsweredMessage
{
    public string Role => "assistant";
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Content { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Refusal { get; init; }
    public IReadOnlyList<ToolCall>? ToolCalls { get; init; }
}

/// <summary>A part of what the assistant says.</summary>
sealed record MessageDelta
{
    public string? Role { get; init; }
    public string? Content { get; init; }
    public IReadOnlyList<ToolCall>? ToolCalls { get; init; }
}

/// <summary>An entry for each token.</summary>
sealed record ChatLogProbs(IReadOnlyList<ChatTokenLogProb> Content)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Refusal { get; init; }
}

/// <summary>A token, how likely it was, and what was likelier.</summary>
sealed record ChatTokenLogProb(string Token, float Logprob, IReadOnlyList<int> Bytes)
{
    public IReadOnlyList<ChatTokenLogProb>? TopLogprobs { get; init; }
}
