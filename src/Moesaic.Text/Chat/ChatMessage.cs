using System.Text.Json;

namespace Moesaic.Text.Chat;

/// <summary>One turn of a conversation, in the shape of the OpenAI chat protocol, which chat templates expect.</summary>
/// <param name="Role">Who speaks: <c>system</c>, <c>developer</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>. Templates make special tokens of it: never from a user.</param>
/// <param name="Content">
/// What is said. Null when the turn says nothing (an assistant that only calls tools); a template then sees an empty text.
/// </param>
public sealed record ChatMessage(string Role, string? Content)
{
    /// <summary>The functions this assistant turn calls; null when it calls none.</summary>
    public IReadOnlyList<ChatToolCall>? ToolCalls { get; init; }

    /// <summary>For role <c>tool</c>: the call that this message answers.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>The name of the speaker or, for role <c>tool</c>, of the function.</summary>
    public string? Name { get; init; }

    /// <summary>The assistant's thoughts before its answer, which templates of reasoning models place themselves.</summary>
    public string? ReasoningContent { get; init; }

    /// <summary>Further keys of the message, handed to the template as they are.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Extra { get; init; }
}
