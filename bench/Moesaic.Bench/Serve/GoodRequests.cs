using System.Text.Json;
using System.Text.Json.Nodes;

namespace Moesaic.Bench.Serve;

/// <summary>What well-behaved clients ask.</summary>
static class GoodRequests
{
    const string Chat = "v1/chat/completions", Completions = "v1/completions";

    static readonly string[] Words = "Returns the number of elements in a list or null when an index is out of range Gets sets value Type String exception".Split(' ');

    public static IEnumerable<RequestKind> All(string model) =>
    [
        Kind("chat, streamed", 30, (client, random, attempt, cancellation) => client.StreamAsync(attempt, Chat, Streamed(Conversation(client, random)), null, cancellation)),
        Kind("chat, streamed with routing", 6, (client, random, attempt, cancellation) =>
        {
            var body = Conversation(client, random);
            body["moesaic"] = new JsonObject { ["routing"] = true };
            return client.StreamAsync(attempt, Chat, Streamed(body), null, cancellation);
        }),
        Kind("chat, whole", 8, (client, random, attempt, cancellation) => Whole(client, attempt, Chat, Conversation(client, random), cancellation)),
        Kind("completion, streamed", 10, (client, random, attempt, cancellation) => client.StreamAsync(attempt, Completions, Streamed(Text(client, random)), null, cancellation)),
        Kind("completion, 4 texts", 3, (client, random, attempt, cancellation) =>
        {
            var body = Text(client, random);
            body["n"] = 4;
            return Whole(client, attempt, Completions, body, cancellation);
        }),
        Kind("completion, echo and logprobs", 4, (client, random, attempt, cancellation) =>
        {
            var body = Text(client, random);
            (body["max_tokens"], body["echo"], body["logprobs"]) = (1, true, 1);
            return Whole(client, attempt, Completions, body, cancellation);
        }),
        Kind("chat, JSON by schema", 4, (client, random, attempt, cancellation) => Schema(client, random, attempt, cancellation)),
        Kind("embeddings", 3, async (client, random, attempt, cancellation) =>
            await client.AskAsync(attempt, "v1/embeddings", new JsonObject { ["model"] = model, ["input"] = Sentence(random, 20) }.ToJsonString(), cancellation)),
        Kind("tokenize", 3, async (client, random, attempt, cancellation) =>
            await client.AskAsync(attempt, "tokenize", new JsonObject { ["model"] = model, ["prompt"] = Sentence(random, 20) }.ToJsonString(), cancellation)),
        Kind("pages and figures", 5, async (client, random, attempt, cancellation) =>
        {
            string[] paths = ["", "chat.js", "v1/models", "health", "ready", "metrics", "moesaic/model", "moesaic/experts", "moesaic/policy"];
            await client.GetAsync(attempt, paths[random.Next(paths.Length)], cancellation);
        }),
        // Texts of all lengths, also of one token; and their clients leave at any moment.
        Kind("disconnect in a stream", 8, (client, random, attempt, cancellation) => client.StreamAsync(attempt, Chat, Streamed(Conversation(client, random, 400)), random.Next(12), cancellation)),
        Kind("disconnect before the answer", 4, async (client, random, attempt, cancellation) =>
        {
            var body = Conversation(client, random, 400).ToJsonString();
            var bytes = RawRequest.Post(Chat, body);
            await client.SendRawAsync(attempt, bytes[..random.Next(bytes.Length / 2, bytes.Length + 1)], waits: false, cancellation);
            attempt.Status = 200;
        }),
    ];

    /// <summary>A request whose answer is the same each time.</summary>
    public static string Fixed(string model) => new JsonObject
    {
        ["model"] = model, ["prompt"] = "Returns the number of", ["max_tokens"] = 40, ["temperature"] = 0.8, ["seed"] = 5,
    }.ToJsonString();

    static RequestKind Kind(string name, int weight, Func<LoadClient, Random, Attempt, CancellationToken, Task> act) =>
        new(name, weight, status => RequestKind.IsGood(status) || RequestKind.IsBusy(status), act);

    static JsonObject Conversation(LoadClient client, Random random, int most = 60)
    {
        var messages = new JsonArray(new JsonObject { ["role"] = "system", ["content"] = "You write the documentation of a library." });
        for (var turn = random.Next(3); turn > 0; turn--)
        {
            messages.Add(new JsonObject { ["role"] = "user", ["content"] = Sentence(random, 12) });
            messages.Add(new JsonObject { ["role"] = "assistant", ["content"] = Sentence(random, 12) });
        }
        messages.Add(new JsonObject { ["role"] = "user", ["content"] = Sentence(random, 30) });
        return new JsonObject { ["messages"] = messages, ["max_tokens"] = random.Next(1, most), ["temperature"] = 0.8, ["seed"] = random.Next(), ["user"] = client.Name };
    }

    static JsonObject Text(LoadClient client, Random random) => new()
    {
        ["prompt"] = Sentence(random, 100), ["max_tokens"] = random.Next(1, 60), ["seed"] = random.Next(), ["user"] = client.Name,
    };

    static string Streamed(JsonObject body)
    {
        body["stream"] = true;
        body["stream_options"] = new JsonObject { ["include_usage"] = true };
        return body.ToJsonString();
    }

    static async Task Whole(LoadClient client, Attempt attempt, string path, JsonObject body, CancellationToken cancellation)
    {
        if (await client.AskAsync(attempt, path, body.ToJsonString(), cancellation) is { } answer)
            attempt.Tokens = answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32();
    }

    static async Task Schema(LoadClient client, Random random, Attempt attempt, CancellationToken cancellation)
    {
        var body = Conversation(client, random);
        body["max_tokens"] = 120;
        // Few schemas, so that they are cached, and now and then a new one.
        var length = random.Next(10) == 0 ? random.Next(1, 1000) : 8;
        body["response_format"] = JsonNode.Parse($$"""
            { "type": "json_schema", "json_schema": { "name": "element", "schema": {
              "type": "object", "required": ["name", "count", "known"], "additionalProperties": false,
              "properties": { "name": { "type": "string", "maxLength": {{length}} }, "count": { "type": "integer" }, "known": { "type": "boolean" } } } } }
            """);
        if (await client.AskAsync(attempt, Chat, body.ToJsonString(), cancellation) is not { } answer) return;
        attempt.Tokens = answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32();
        var choice = answer.GetProperty("choices")[0];
        if (choice.GetProperty("finish_reason").GetString() != "stop") return;
        try
        {
            using var written = JsonDocument.Parse(choice.GetProperty("message").GetProperty("content").GetString()!);
            if (written.RootElement.GetProperty("count").ValueKind != JsonValueKind.Number) attempt.Fault = $"not by its schema: {written.RootElement}";
        }
        catch (JsonException e)
        {
            attempt.Fault = $"no JSON in spite of its schema: {e.Message}";
        }
    }

    static string Sentence(Random random, int most) => string.Join(' ', Enumerable.Range(0, random.Next(1, most)).Select(_ => Words[random.Next(Words.Length)]));
}
