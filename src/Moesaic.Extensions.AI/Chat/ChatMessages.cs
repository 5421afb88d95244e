using System.Text.Json;
using Microsoft.Extensions.AI;
using Moesaic.Formats;
using Moesaic.Text.Chat;
using ChatMessage = Moesaic.Text.Chat.ChatMessage;

namespace Moesaic.Extensions.AI;

/// <summary>Messages of Microsoft.Extensions.AI as templates take them.</summary>
static class ChatMessages
{
    static readonly string[] Roles = ["system", "developer", "user", "assistant", "tool"];

    /// <summary>A message; an answer to several calls becomes a message for each.</summary>
    /// <param name="messages">The turns.</param>
    /// <param name="instructions">What is put before the system message, or becomes it; null or empty: nothing.</param>
    /// <exception cref="BadRequestException">A role or a content that is not possible.</exception>
    public static IReadOnlyList<ChatMessage> Read(IReadOnlyList<Microsoft.Extensions.AI.ChatMessage> messages, string? instructions)
    {
        var read = messages.SelectMany((message, i) => Read(message, $"Message {i + 1}")).ToList();
        if (string.IsNullOrEmpty(instructions)) return read;
        if (read.Count > 0 && read[0].Role == "system") read[0] = read[0] with { Content = $"{instructions}\n\n{read[0].Content}" };
        else read.Insert(0, new ChatMessage("system", instructions));
        return read;
    }

    static IEnumerable<ChatMessage> Read(Microsoft.Extensions.AI.ChatMessage message, string where)
    {
        var role = message.Role.Value;
        if (!Roles.Contains(role, StringComparer.Ordinal)) throw new BadRequestException($"{where}: the role {role} is unknown; known are {string.Join(", ", Roles)}.");
        string? text = null, thoughts = null;
        List<ChatToolCall> calls = [];
        List<ChatMessage> answers = [];
        foreach (var content in message.Contents)
        {
            switch (content)
            {
                case TextContent said: text += said.Text; break;
                case TextReasoningContent thought: thoughts += thought.Text; break;
                case FunctionCallContent call: calls.Add(new ChatToolCall(call.Name, Arguments(call), call.CallId)); break;
                case FunctionResultContent answer: answers.Add(new ChatMessage("tool", Text(answer)) { ToolCallId = answer.CallId }); break;
                case UsageContent: break;
                default: throw new BadRequestException($"{where}: {content.GetType().Name} is not possible; this model reads text, calls of functions and their results.");
            }
        }
        if (answers.Count > 0)
        {
            if (text is not null || calls.Count > 0) throw new BadRequestException($"{where}: results of functions stand beside other content; give them a message of their own.");
            return answers;
        }
        if (text is null && calls.Count == 0 && thoughts is null) throw new BadRequestException($"{where}: the message of role {role} has no content.");
        return [new ChatMessage(role, text) { Name = message.AuthorName, ReasoningContent = thoughts, ToolCalls = calls.Count > 0 ? calls : null }];
    }

    static JsonElement Arguments(FunctionCallContent call) => call.Arguments is { } arguments
        ? JsonSerializer.SerializeToElement(arguments, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>)))
        : JsonElement.Parse("{}");

    static string Text(FunctionResultContent answer) => answer switch
    {
        { Result: string text } => text,
        { Result: null, Exception: { } e } => $"Error: {e.Message}",
        _ => JsonSerializer.Serialize(answer.Result, AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(object))),
    };
}
