using System.Globalization;
using Moesaic.Text.Chat;

namespace Moesaic.Extensions.AI;

/// <summary>Messages about functions, as a template takes them.</summary>
static class ToolMessages
{
    /// <summary>Names what was called in the answers to it; writes functions, calls and answers as text for a template that knows none.</summary>
    public static IReadOnlyList<ChatMessage> Prepare(IReadOnlyList<ChatMessage> messages, ToolSet? tools, ToolCallFormat format)
    {
        var named = Named(messages, shortIds: format.Syntax == ToolCallSyntax.Mistral);
        return format.IsDescribed ? Described(named, tools, format.Syntax) : named;
    }

    static List<ChatMessage> Named(IReadOnlyList<ChatMessage> messages, bool shortIds)
    {
        // What Mistral's templates take: nine letters and digits.
        var ids = new Dictionary<string, (string Id, string Name)>(StringComparer.Ordinal);
        return [.. messages.Select(message => message switch
        {
            { ToolCalls: { } calls } => message with { ToolCalls = [.. calls.Select(Known)] },
            { ToolCallId: { } id } when ids.TryGetValue(id, out var called) => message with { ToolCallId = called.Id, Name = message.Name ?? called.Name },
            _ => message,
        })];

        ChatToolCall Known(ChatToolCall call)
        {
            if (call.Id is null && !shortIds) return call;
            var id = !shortIds || (call.Id is { Length: 9 } given && given.All(char.IsAsciiLetterOrDigit)) ? call.Id! : ids.Count.ToString("D9", CultureInfo.InvariantCulture);
            ids[call.Id ?? id] = (id, call.Name);
            return call with { Id = id };
        }
    }

    static List<ChatMessage> Described(List<ChatMessage> messages, ToolSet? tools, ToolCallSyntax syntax)
    {
        var written = new List<ChatMessage>();
        var answering = false;
        foreach (var message in messages)
        {
            var follows = answering;
            answering = message.Role == "tool";
            if (answering)
            {
                var answer = $"<tool_response>\n{message.Content}\n</tool_response>";
                // Templates want speakers by turns: several answers are one message.
                if (follows) written[^1] = written[^1] with { Content = $"{written[^1].Content}\n{answer}" };
                else written.Add(new ChatMessage("user", answer));
            }
            else if (message.ToolCalls is { } calls)
            {
                var text = syntax.Write(calls.Select(c => (c.Name, c.Arguments)));
                written.Add(message with { Content = string.IsNullOrEmpty(message.Content) ? text : $"{message.Content}\n{text}", ToolCalls = null });
            }
            else
            {
                written.Add(message);
            }
        }
        if (tools is null) return written;
        var description = Description(tools, syntax);
        if (written[0].Role is "system" or "developer") written[0] = written[0] with { Content = $"{written[0].Content}\n\n{description}" };
        else written.Insert(0, new ChatMessage("system", description));
        return written;
    }

    static string Description(ToolSet tools, ToolCallSyntax syntax)
    {
        var call = $"{syntax.Open}\n{{\"name\": <function-name>, \"{syntax.Arguments}\": <arguments-json-object>}}\n{syntax.Close}";
        var functions = string.Join("\n", ToolFunction.Json(tools.Functions).EnumerateArray().Select(f => f.GetRawText()));
        return $"You may call functions. Their signatures:\n<tools>\n{functions}\n</tools>\nTo call one, answer with its name and arguments:\n{call}\n" +
            "What it returns comes back within <tool_response></tool_response>.";
    }
}
