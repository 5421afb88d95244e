using System.Text.Json;
using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Text.Chat;

namespace Moesaic.Text.Datasets;

/// <summary>Recognises one JSON record of a dataset by its keys.</summary>
static class DocumentRecord
{
    internal static readonly string[] Questions = ["instruction", "prompt", "question"];
    internal static readonly string[] Inputs = ["input", "context"];
    static readonly string[] Answers = ["output", "response", "completion", "answer"];

    public static Document Read(JsonElement record, string where)
    {
        if (record.ValueKind != JsonValueKind.Object)
            throw new BadModelException($"{where}: a record must be an object, this is {StrictJson.Describe(record)}.");
        if (record.TryGetProperty("chosen", out _) || record.TryGetProperty("rejected", out _))
            throw new BadModelException($"{where}: this is a preference pair (chosen, rejected), not a text or a conversation to learn; the step dpo learns from pairs.");
        if (record.TryGetProperty("messages", out var messages))
            return new Document(where, null, ChatMessageReader.Read(messages, where), Tools(record, where));
        if (record.TryGetProperty("conversations", out var turns))
            return new Document(where, null, WithSystem(record, ShareGpt(turns, where), where), Tools(record, where));
        if (record.TryGetProperty("text", out var text)) return new Document(where, Text(text, where, "text"), null);

        if (Find(record, Questions, where) is { } question && Find(record, Answers, where) is { } answer)
        {
            if (Find(record, Inputs, where) is { Length: > 0 } input) question += "\n\n" + input;
            ChatMessage[] pair = [new("user", question), new("assistant", answer)];
            return new Document(where, null, WithSystem(record, pair, where));
        }
        var keys = string.Join(", ", record.EnumerateObject().Select(property => property.Name));
        throw new BadModelException($"{where}: the record is of no known kind; its keys are: {keys}. Known are text; messages; " +
            "conversations; a question (instruction, prompt, question) with an answer (output, response, completion, answer).");
    }

    internal static List<ChatMessage> ShareGpt(JsonElement turns, string where)
    {
        if (turns.ValueKind != JsonValueKind.Array || turns.GetArrayLength() == 0)
            throw new BadModelException($"{where}: conversations must be an array with at least one turn.");
        var messages = new List<ChatMessage>();
        foreach (var turn in turns.EnumerateArray())
        {
            messages.Add(ShareGptTurn(turn, $"{where}, turn {messages.Count + 1}"));
        }
        return messages;
    }

    internal static ChatMessage ShareGptTurn(JsonElement turn, string at)
    {
        if (turn.ValueKind != JsonValueKind.Object || !turn.TryGetProperty("from", out var from) || !turn.TryGetProperty("value", out var value))
            throw new BadModelException($"{at}: a turn must be an object with from and value.");
        var text = Text(value, at, "value");
        return Text(from, at, "from") switch
        {
            "system" => new ChatMessage("system", text),
            "human" or "user" => new ChatMessage("user", text),
            "gpt" or "assistant" or "model" => new ChatMessage("assistant", text),
            "function_call" => new ChatMessage("assistant", null) { ToolCalls = [Call(text, at)] },
            "observation" or "function_response" or "tool" => new ChatMessage("tool", text),
            var other => throw new BadModelException($"{at}: the speaker \"{other}\" is unknown; known are system, human, " +
                "user, gpt, assistant, model, function_call, observation, function_response, tool."),
        };
    }

    static ChatToolCall Call(string json, string where) =>
        ChatMessageReader.Call(StrictJson.Parse(System.Text.Encoding.UTF8.GetBytes(json), where), where);

    internal static IReadOnlyList<ChatMessage> WithSystem(JsonElement record, IReadOnlyList<ChatMessage> messages, string where) =>
        record.TryGetProperty("system", out var system) && Text(system, where, "system") is { Length: > 0 } text
            ? [new ChatMessage("system", text), .. messages]
            : messages;

    /// <summary>The tool definitions: an array, or, as some datasets have it, an array written as a string.</summary>
    static JsonElement? Tools(JsonElement record, string where)
    {
        if (!record.TryGetProperty("tools", out var tools) || tools.ValueKind == JsonValueKind.Null) return null;
        if (tools.ValueKind == JsonValueKind.String)
        {
            var text = tools.GetString()!;
            if (string.IsNullOrWhiteSpace(text)) return null;
            tools = StrictJson.Parse(System.Text.Encoding.UTF8.GetBytes(text), $"{where}, tools");
        }
        if (tools.ValueKind != JsonValueKind.Array)
            throw new BadModelException($"{where}: tools must be an array, this is {StrictJson.Describe(tools)}.");
        return tools.GetArrayLength() == 0 ? null : JsonElement.Parse(new JsonArray([.. tools.EnumerateArray().Select(Wrapped)]).ToJsonString());
    }

    /// <summary>A definition in the form of the OpenAI protocol, which templates expect; some datasets give the function alone.</summary>
    static JsonNode? Wrapped(JsonElement tool)
    {
        var node = JsonNode.Parse(tool.GetRawText());
        return node is JsonObject function && function.ContainsKey("name") && !function.ContainsKey("function")
            ? new JsonObject { ["type"] = "function", ["function"] = function } : node;
    }

    internal static string? Find(JsonElement record, string[] keys, string where)
    {
        foreach (var key in keys)
            if (record.TryGetProperty(key, out var value)) return Text(value, where, key);
        return null;
    }

    internal static string Text(JsonElement value, string where, string key) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw new BadModelException($"{where}: {key} must be a string, this is {StrictJson.Describe(value)}.");
}
