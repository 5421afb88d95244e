using System.Text.Json;
using Moesaic.Extensions.AI;
using Moesaic.Server.Errors;
using Moesaic.Server.Protocol;
using Moesaic.Text.Chat;

namespace Moesaic.Server.Requests;

/// <summary>Messages and functions of the protocol, as the model takes them.</summary>
static class Conversation
{
    static readonly string[] Roles = ["system", "developer", "user", "assistant", "tool"];
    static readonly string[] OwnVariables = ["messages", "tools", "add_generation_prompt"];

    /// <summary>The tokens of a conversation.</summary>
    /// <exception cref="ApiException">A message is wrong, or names what is not supported.</exception>
    /// <exception cref="Formats.BadRequestException">The model has no template, or its template refuses the conversation.</exception>
    public static int[] Encode(
        MoesaicModel model, IReadOnlyList<ChatTurn> turns, ToolSet? tools, Dictionary<string, JsonElement>? variables, bool addGenerationPrompt)
    {
        if (turns.Count == 0) throw ApiException.Field("messages", "is an empty list.");
        if (variables?.Keys.FirstOrDefault(OwnVariables.Contains) is { } own)
            throw ApiException.Field($"chat_template_kwargs.{own}", $"is not for variables; the field {own} sets it.", "unsupported_field");
        ChatMessage[] messages = [.. turns.Select(Message)];
        var values = variables?.ToDictionary(v => v.Key, v => (object?)v.Value, StringComparer.Ordinal);
        return Fields.Named("messages", () => ChatPrompt.Encode(model, messages, tools, values, addGenerationPrompt));
    }

    /// <summary>The functions that may be called; null when there are none.</summary>
    public static ToolSet? Tools(IReadOnlyList<ToolDefinition>? tools, ToolChoiceField? choice, bool? parallel)
    {
        if (tools is null)
        {
            if (choice is not null) throw ApiException.Field("tool_choice", "means nothing without tools.", "unsupported_value");
            if (parallel is not null) throw ApiException.Field("parallel_tool_calls", "means nothing without tools.", "unsupported_value");
            return null;
        }
        if (tools.Count > Limits.Tools) throw ApiException.Field("tools", $"has {tools.Count} functions; need at most {Limits.Tools}.", "out_of_range");
        var isRequired = choice?.Mode is "required" or "function";
        return Fields.Named("tools", () => new ToolSet(
            [.. tools.Select((tool, i) => Function(tool, $"tools[{i}]", isRequired))],
            isRequired ? ToolChoice.Required : choice?.Mode == "none" ? ToolChoice.None : ToolChoice.Auto, choice?.Name,
            // Who names a function wants a call of it, unless told otherwise.
            parallel ?? choice?.Mode != "function"));
    }

    static ToolFunction Function(ToolDefinition? given, string where, bool isRequired)
    {
        var tool = Fields.Required(where, given);
        Fields.Only($"{where}.type", Fields.Required($"{where}.type", tool.Type), "need function", "function");
        var function = Fields.Required($"{where}.function", tool.Function);
        if (function.Strict is true && !isRequired)
            throw ApiException.Field($"{where}.function.strict",
                "arguments hold the schema for certain where tool_choice is required or names a function; with auto leave strict out.", "unsupported_value");
        return new ToolFunction(Fields.Required($"{where}.function.name", function.Name), function.Description, function.Parameters);
    }

    static ChatMessage Message(ChatTurn? given, int number)
    {
        var where = $"messages[{number}]";
        var turn = Fields.Required(where, given);
        var role = Fields.Required($"{where}.role", turn.Role);
        Fields.Only($"{where}.role", role, $"need one of {string.Join(", ", Roles)}", Roles);
        Fields.Refuse($"{where}.audio", turn.Audio, "only text is understood");
        Fields.Refuse($"{where}.function_call", turn.FunctionCall, "tool_calls took its place");
        if (turn.Refusal is not null) throw ApiException.Field($"{where}.refusal", "not supported: no template knows it; say it as content.", "unsupported_field");
        if (turn.Annotations is { } notes && !(notes.ValueKind == JsonValueKind.Array && notes.GetArrayLength() == 0))
            throw ApiException.Field($"{where}.annotations", "not supported: no template knows them.", "unsupported_field");
        var isAssistant = role == "assistant";
        if (!isAssistant && (turn.ToolCalls is not null || turn.ReasoningContent is not null))
            throw ApiException.Field($"{where}.tool_calls", "only the assistant calls functions and thinks.");
        if (role == "tool" != turn.ToolCallId is not null)
            throw ApiException.Field($"{where}.tool_call_id", "the answer of a function needs it, and nothing else has it.");
        if (turn.Content is null && (!isAssistant || turn is { ToolCalls: null, ReasoningContent: null }))
            throw ApiException.Field($"{where}.content", "is needed.", "missing_field");
        return new ChatMessage(role, turn.Content)
        {
            Name = turn.Name, ToolCallId = turn.ToolCallId, ReasoningContent = turn.ReasoningContent,
            ToolCalls = turn.ToolCalls is { Count: > 0 } calls ? [.. calls.Select((call, i) => Call(call, $"{where}.tool_calls[{i}]"))] : null,
        };
    }

    static ChatToolCall Call(ToolCall? given, string where)
    {
        var call = Fields.Required(where, given);
        if (call.Index is not null) throw ApiException.Field($"{where}.index", "is for parts of streams only.", "unsupported_field");
        Fields.Only($"{where}.type", call.Type, "need function", "function");
        var function = Fields.Required($"{where}.function", call.Function);
        return new ChatToolCall(Fields.Required($"{where}.function.name", function.Name), Arguments(function.Arguments, $"{where}.function.arguments"), call.Id);
    }

    static JsonElement Arguments(string? text, string where)
    {
        try
        {
            var arguments = JsonElement.Parse(string.IsNullOrWhiteSpace(text) ? "{}" : text);
            if (arguments.ValueKind == JsonValueKind.Object) return arguments;
        }
        catch (JsonException)
        {
            // Told below.
        }
        throw ApiException.Field(where, "need a JSON object, written as a string.", "invalid_type");
    }
}
