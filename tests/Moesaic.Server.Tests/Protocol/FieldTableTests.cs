using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Moesaic.Server.Protocol;

namespace Moesaic.Server.Tests.Protocol;

/// <summary>The tables of fields in docs/server.md are what the server does.</summary>
public partial class FieldTableTests
{
    static readonly Dictionary<string, (string Path, string Least, JsonTypeInfo Contract)> Requests = new()
    {
        ["chat"] = ("/v1/chat/completions", """{"messages": [{"role": "user", "content": "a"}], "max_tokens": 1}""", ServerJson.Wire.ChatRequest),
        ["completions"] = ("/v1/completions", """{"prompt": "a", "max_tokens": 1}""", ServerJson.Wire.CompletionRequest),
        ["embeddings"] = ("/v1/embeddings", """{"input": "a"}""", ServerJson.Wire.EmbeddingsRequest),
        ["tokenize"] = ("/tokenize", """{"prompt": "a"}""", ServerJson.Wire.TokenizeRequest),
        ["detokenize"] = ("/detokenize", """{"tokens": [5]}""", ServerJson.Wire.DetokenizeRequest),
    };

    /// <summary>Good values, with other fields that they need; by request and field, or by field alone.</summary>
    static readonly Dictionary<string, string> Good = new()
    {
        ["model"] = "\"demo\"", ["messages"] = """[{"role": "user", "content": "a"}]""", ["prompt"] = "\"a\"", ["add_special_tokens"] = "false", ["max_tokens"] = "2",
        ["max_completion_tokens"] = "1", ["n"] = "2", ["best_of"] = "2", ["stream"] = "false", ["stream_options"] = """{"include_usage": true}, "stream": true""", ["stop"] = "[\"x\"]",
        ["temperature"] = "0.5", ["top_p"] = "0.5", ["top_k"] = "5", ["min_p"] = "0.1", ["typical_p"] = "0.5", ["presence_penalty"] = "1", ["frequency_penalty"] = "1",
        ["repetition_penalty"] = "1.1", ["repetition_window"] = "5", ["logit_bias"] = """{"5": -100, "7": 2}""", ["seed"] = "-1", ["chat logprobs"] = "true", ["completions logprobs"] = "3",
        ["top_logprobs"] = "2, \"logprobs\": true", ["echo"] = "true", ["response_format"] = """{"type": "json_object"}""",
        ["tools"] = """[{"type": "function", "function": {"name": "f"}}]""", ["tool_choice"] = """ "none", "tools": [{"type": "function", "function": {"name": "f"}}]""",
        ["parallel_tool_calls"] = """false, "tools": [{"type": "function", "function": {"name": "f"}}]""", ["chat_template_kwargs"] = """{"x": 1}""",
        ["user"] = "\"me\"", ["safety_identifier"] = "\"me\"", ["prompt_cache_key"] = "\"k\"", ["modalities"] = "[\"text\"]", ["service_tier"] = "\"auto\"", ["store"] = "false",
        ["task"] = "null", ["moesaic"] = """{"routing": true}""", ["embeddings moesaic"] = """{"deadline_seconds": 5}""", ["input"] = "\"a\"", ["encoding_format"] = "\"base64\"",
        ["pooling"] = "\"last\"", ["normalise"] = "false", ["parse_special_tokens"] = "true", ["return_token_strs"] = "true", ["tokens"] = "[5]",
        ["tokenize messages"] = """[{"role": "user", "content": "a"}], "prompt": null""",
        ["tokenize tools"] = """[{"type": "function", "function": {"name": "f"}}], "messages": [{"role": "user", "content": "a"}], "prompt": null""",
        ["add_generation_prompt"] = """false, "messages": [{"role": "user", "content": "a"}], "prompt": null""",
        ["tokenize chat_template_kwargs"] = """{"x": 1}, "messages": [{"role": "user", "content": "a"}], "prompt": null""",
    };

    [Fact]
    public void Every_field_of_a_contract_has_a_row_and_no_other()
    {
        var table = Table();
        foreach (var (request, (_, _, contract)) in Requests)
            Assert.Equal(contract.Properties.Select(p => p.Name).Order(), table.Where(row => row.Request == request).Select(row => row.Field).Order());
    }

    [Fact]
    public void Every_field_of_a_message_is_listed()
    {
        var listed = Rows(Document()[Document().IndexOf("### Messages and functions", StringComparison.Ordinal)..Document().IndexOf("## Embeddings", StringComparison.Ordinal)])
            .SelectMany(cells => Names(cells[0]));
        Assert.Equal(ServerJson.Wire.ChatTurn.Properties.Select(p => p.Name).Order(), listed.Order());
    }

    [Fact]
    public async Task Fields_are_honoured_or_refused_as_the_tables_say()
    {
        await using var server = await RunningServer.DemoAsync();
        var wrong = new List<string>();
        foreach (var (request, field, isHonoured) in Table())
        {
            var (path, least, _) = Requests[request];
            var value = isHonoured ? Good.GetValueOrDefault($"{request} {field}") ?? Good[field] : "{\"a\": 1}";
            var (status, body) = await AskAsync(server, path, With(least, $$"""{"{{field}}": {{value}}}"""));
            var named = !isHonoured && status == 400 && JsonElement.Parse(body).GetProperty("error") is var error
                && error.GetProperty("param").GetString() == field && error.GetProperty("code").GetString() == "unsupported_field";
            if (isHonoured ? status != 200 : !named) wrong.Add($"{request} {field}: {status} {body}");
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task Null_is_the_same_as_nothing()
    {
        await using var server = await RunningServer.DemoAsync();
        foreach (var (request, (path, least, contract)) in Requests)
        {
            var given = JsonNode.Parse(least)!.AsObject();
            foreach (var property in contract.Properties) given.TryAdd(property.Name, null);
            var (status, body) = await AskAsync(server, path, given.ToJsonString());
            Assert.True(status == 200, $"{request}: {body}");
        }
    }

    [Fact]
    public async Task What_is_not_in_the_tables_is_refused_by_name()
    {
        await using var server = await RunningServer.DemoAsync();
        foreach (var (path, least, _) in Requests.Values)
        {
            var (status, error) = await server.RefusalAsync(path, With(least, """{"truncate": "oldest"}"""));
            Assert.Equal((400, "truncate", "unknown_field"), (status, error.GetProperty("param").GetString(), error.GetProperty("code").GetString()));
        }
    }

    static async Task<(int Status, string Body)> AskAsync(RunningServer server, string path, string json)
    {
        using var response = await server.Client.PostAsync(path, new StringContent(json, System.Text.Encoding.UTF8, "application/json"));
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    static string With(string least, string more)
    {
        var request = JsonNode.Parse(least)!.AsObject();
        foreach (var (key, value) in JsonNode.Parse(more)!.AsObject()) request[key] = value?.DeepClone();
        return request.ToJsonString();
    }

    static List<(string Request, string Field, bool IsHonoured)> Table()
    {
        var found = new List<(string, string, bool)>();
        string[] columns = [];
        foreach (var cells in Rows(Document()))
        {
            if (cells[0] == "field") columns = cells;
            else if (columns.Length == cells.Length)
            {
                for (var i = 1; i < cells.Length; i++)
                    if (Requests.ContainsKey(columns[i]) && cells[i].Length > 0)
                        found.AddRange(Names(cells[0]).Select(name => (columns[i], name, cells[i] == "yes" || (cells[i] == "refused" ? false : throw new FormatException(cells[i])))));
            }
            else columns = [];
        }
        return found;
    }

    static IEnumerable<string[]> Rows(string text) =>
        text.Split('\n').Where(l => l.StartsWith('|')).Select(l => l.Trim().Trim('|').Split('|').Select(c => c.Trim()).ToArray());

    static IEnumerable<string> Names(string cell) => Name.Matches(cell).Select(m => m.Groups[1].Value);

    static string Document([CallerFilePath] string here = "") => File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../../docs/server.md"));

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex Name { get; }
}
