using System.Text.Json;
using System.Text.Json.Serialization;

namespace Moesaic.Server.Protocol;

/// <summary>One message of a conversation.</summary>
sealed record ChatTurn
{
    public string? Role { get; init; }
    [JsonConverter(typeof(ContentConverter))]
    public string? Content { get; init; }
    public string? Name { get; init; }
    public IReadOnlyList<ToolCall>? ToolCalls { get; init; }
    public string? ToolCallId { get; init; }
    public string? ReasoningContent { get; init; }
    public string? Refusal { get; init; }
    public JsonElement? Audio { get; init; }
    public JsonElement? FunctionCall { get; init; }
    public JsonElement? Annotations { get; init; }
}

/// <summary>A call that the assistant asks for, whole or, in a stream, a part of it.</summary>
sealed record ToolCall
{
    public int? Index { get; init; }
    public string? Id { get; init; }
    public string? Type { get; init; }
    public CalledFunction? Function { get; init; }
}

/// <summary>What is called.</summary>
sealed record CalledFunction
{
    public string? Name { get; init; }
    public string? Arguments { get; init; }
}

/// <summary>What may be called.</summary>
sealed record ToolDefinition
{
    public string? Type { get; init; }
    public FunctionDefinition? Function { get; init; }
}

/// <summary>A function.</summary>
sealed record FunctionDefinition
{
    public string? Name { get; init; }
    public string? Description { get; init; }
    public JsonElement? Parameters { get; init; }
    public bool? Strict { get; init; }
}
