using System.Text.Json;
using System.Text.Json.Nodes;
using Moesaic.Extensions.AI;
using Moesaic.Inference.Tests;

namespace Moesaic.Server.Tests;

public class ChatTests
{
    const string Path = "/v1/chat/completions";
    const string Hello = "\"messages\": [{\"role\": \"user\", \"content\": \"What is a list?\"}]";

    const string Tools = """
        "tools": [{"type": "function", "function": {"name": "look_up", "description": "Looks a type up", "parameters":
          {"type": "object", "properties": {"name": {"type": "string", "maxLength": 12}, "exact": {"type": "boolean"}}, "required": ["name"], "additionalProperties": false}}},
          {"type": "function", "function": {"name": "now"}}]
        """;

    static JsonElement Message(JsonElement answer, int choice = 0) => answer.GetProperty("choices")[choice].GetProperty("message");

    static string? Reason(JsonElement answer) => answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString();

    [Fact]
    public async Task Several_answers_have_the_seeds_that_follow()
    {
        await using var server = await RunningServer.DemoAsync();
        var two = await server.AskAsync(Path, $$"""{ {{Hello}}, "n": 2, "seed": 5, "temperature": 1, "max_tokens": 10 }""");
        var second = await server.AskAsync(Path, $$"""{ {{Hello}}, "seed": 6, "temperature": 1, "max_tokens": 10 }""");
        Assert.Equal(Message(second).GetProperty("content").GetString(), Message(two, 1).GetProperty("content").GetString());
    }

    [Fact]
    public async Task Content_may_be_a_list_of_texts()
    {
        await using var server = await RunningServer.DemoAsync();
        var one = await server.AskAsync(Path, """{"messages": [{"role": "user", "content": "What is a list?"}], "max_tokens": 1}""");
        var parts = await server.AskAsync(Path, """{"messages": [{"role": "user", "content": [{"type": "text", "text": "What is"}, {"type": "text", "text": " a list?"}]}], "max_tokens": 1}""");
        Assert.Equal(one.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), parts.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
    }

    [Fact]
    public async Task A_model_without_a_template_does_not_chat()
    {
        await using var server = await RunningServer.StartAsync(() =>
        {
            var folder = Directory.CreateTempSubdirectory();
            try
            {
                foreach (var file in new[] { "config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors" })
                    File.Copy(System.IO.Path.Combine(RunningServer.DemoFolder, file), System.IO.Path.Combine(folder.FullName, file));
                return MoesaicModel.Open(folder.FullName, new MoesaicModelOptions { Name = "base", Weights = Models.Loading.WeightStorage.Float32 });
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        });
        var (status, error) = await server.RefusalAsync(Path, $$"""{ {{Hello}} }""");
        Assert.Equal((400, "messages"), (status, error.GetProperty("param").GetString()));
        Assert.Contains("no chat template", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.False((await server.GetAsync("/moesaic/model")).GetProperty("chat").GetBoolean());
        Assert.Equal(JsonValueKind.Null, (await server.GetAsync("/tokenizer_info")).GetProperty("chat_template").ValueKind);
        await server.AskAsync("/v1/completions", """{"prompt": "a", "max_tokens": 1}""");
    }

    [Theory]
    [InlineData("\"required\"")]
    [InlineData("{\"type\": \"function\", \"function\": {\"name\": \"look_up\"}}")]
    public async Task Calls_that_are_required_come_for_every_seed(string choice)
    {
        await using var server = await RunningServer.DemoAsync();
        for (var seed = 0; seed < 6; seed++)
        {
            var answer = await server.AskAsync(Path, $$"""{ {{Hello}}, {{Tools}}, "tool_choice": {{choice}}, "parallel_tool_calls": false, "temperature": 1.7, "seed": {{seed}} }""");
            Assert.Equal("tool_calls", Reason(answer));
            Assert.Equal(JsonValueKind.Null, Message(answer).GetProperty("content").ValueKind);
            var call = Assert.Single(Message(answer).GetProperty("tool_calls").EnumerateArray());
            Assert.Equal("function", call.GetProperty("type").GetString());
            var arguments = JsonElement.Parse(call.GetProperty("function").GetProperty("arguments").GetString()!);
            if (call.GetProperty("function").GetProperty("name").GetString() == "look_up") Assert.Equal(JsonValueKind.String, arguments.GetProperty("name").ValueKind);
            else Assert.True(choice == "\"required\"" && arguments.ValueKind == JsonValueKind.Object);
        }
    }

    [Fact]
    public async Task Without_choice_text_stays_text()
    {
        await using var server = await RunningServer.DemoAsync();
        foreach (var more in new[] { "", ", \"tool_choice\": \"auto\"", ", \"tool_choice\": \"none\"" })
        {
            var answer = await server.AskAsync(Path, $$"""{ {{Hello}}, {{Tools}}, "temperature": 0, "max_tokens": 12 {{more}} }""");
            Assert.False(Message(answer).TryGetProperty("tool_calls", out _));
            Assert.NotEmpty(Message(answer).GetProperty("content").GetString()!);
        }
        // With none the model does not get to know of the functions.
        var plain = await server.AskAsync(Path, $$"""{ {{Hello}}, "max_tokens": 1 }""");
        var none = await server.AskAsync(Path, $$"""{ {{Hello}}, {{Tools}}, "tool_choice": "none", "max_tokens": 1 }""");
        Assert.Equal(plain.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), none.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
    }

    [Theory]
    [InlineData("\"temperature\": 1, \"max_tokens\": 30")]
    [InlineData("\"temperature\": 1, \"max_tokens\": 30, \"n\": 3, \"logprobs\": true, \"top_logprobs\": 1, \"stop\": [\" of\", \" the \"]")]
    [InlineData("\"temperature\": 1.5, \"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"x\", \"schema\": {\"type\": \"array\", \"items\": {\"type\": \"string\", \"maxLength\": 9}, \"maxItems\": 3}}}")]
    [InlineData("\"temperature\": 1.5, \"n\": 2, \"tool_choice\": \"required\", \"max_tokens\": 120")]
    public async Task A_stream_joined_is_the_whole_answer(string fields)
    {
        await using var server = await RunningServer.DemoAsync();
        var tools = fields.Contains("tool_choice", StringComparison.Ordinal) ? $"{Tools}, " : "";
        for (var seed = 0; seed < 4; seed++)
        {
            var request = $$"""{ {{Hello}}, {{tools}}{{fields}}, "seed": {{seed}} """;
            var whole = await server.AskAsync(Path, $"{request}}}");
            var events = await server.StreamAsync(Path, $"{request}, \"stream\": true}}");
            Assert.Equal("[DONE]", events[^1]);
            var chunks = events[..^1].Select(e => JsonElement.Parse(e)).ToList();
            Assert.All(chunks, c => Assert.Equal("chat.completion.chunk", c.GetProperty("object").GetString()));
            foreach (var expected in whole.GetProperty("choices").EnumerateArray())
            {
                var parts = chunks.SelectMany(c => c.GetProperty("choices").EnumerateArray()).Where(c => c.GetProperty("index").GetInt32() == expected.GetProperty("index").GetInt32()).ToList();
                var deltas = parts.Select(p => p.GetProperty("delta")).ToList();
                Assert.Equal("assistant", deltas[0].GetProperty("role").GetString());
                Assert.All(deltas.Skip(1), d => Assert.False(d.TryGetProperty("role", out _)));
                Assert.Equal(expected.GetProperty("message").GetProperty("content").GetString() ?? "",
                    string.Concat(deltas.Select(d => d.TryGetProperty("content", out var text) ? text.GetString() : "")));
                Assert.Equal(expected.GetProperty("finish_reason").GetString(), parts[^1].GetProperty("finish_reason").GetString());
                Assert.Equal(Calls(expected.GetProperty("message")), deltas.SelectMany(Calls));
                if (expected.GetProperty("logprobs") is { ValueKind: JsonValueKind.Object } likely)
                    Assert.Equal(likely.GetProperty("content").GetRawText(),
                        $"[{string.Join(',', parts.SelectMany(p => p.GetProperty("logprobs").GetProperty("content").EnumerateArray()).Select(v => v.GetRawText()))}]");
            }
        }

        static IEnumerable<(string?, string?)> Calls(JsonElement message) => message.TryGetProperty("tool_calls", out var calls)
            ? calls.EnumerateArray().Select(c => c.GetProperty("function")).Select(f => (f.GetProperty("name").GetString(), f.GetProperty("arguments").GetString())) : [];
    }

    [Fact]
    public async Task What_schemas_let_through_is_valid_for_an_outsider()
    {
        await using var server = await RunningServer.DemoAsync();
        var (ended, bad) = (0, new List<string>());
        for (var seed = 2000; seed < 2040; seed++)
        {
            var schema = new RandomSchema(seed).Make();
            var request = new JsonObject
            {
                ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Go on." }), ["temperature"] = 0.7, ["seed"] = seed, ["max_tokens"] = 300,
                ["response_format"] = new JsonObject { ["type"] = "json_schema", ["json_schema"] = new JsonObject { ["name"] = "x", ["schema"] = schema.DeepClone() } },
            };
            var (status, answer) = await server.PostAsync(Path, request.ToJsonString());
            if (status == 400 && answer.ToString().Contains("allows no value", StringComparison.Ordinal)) continue;
            Assert.True(status == 200, answer.ToString());
            if (Reason(answer) != "stop") continue;
            ended++;
            var text = Message(answer).GetProperty("content").GetString()!;
            if (new OutsideValidator(schema).Errors(text) is [var error, ..]) bad.Add($"{seed}: {error}\n{text}");
        }
        Assert.Empty(bad);
        Assert.True(ended >= 20, $"only {ended} texts ended");
    }

    [Theory]
    [InlineData("{\"messages\": []}", "messages")]
    [InlineData("{\"messages\": [null]}", "messages[0]")]
    [InlineData("{}", "messages")]
    [InlineData("{\"messages\": [{\"content\": \"a\"}]}", "messages[0].role")]
    [InlineData("{\"messages\": [{\"role\": \"king\", \"content\": \"a\"}]}", "messages[0].role")]
    [InlineData("{\"messages\": [{\"role\": \"user\"}]}", "messages[0].content")]
    [InlineData("{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", \"image_url\": {}}]}]}", "messages[0].content")]
    [InlineData("{\"messages\": [{\"role\": \"user\", \"content\": \"a\", \"weight\": 1}]}", "messages[0].weight")]
    [InlineData("{\"messages\": [{\"role\": \"tool\", \"content\": \"a\"}]}", "messages[0].tool_call_id")]
    [InlineData("{\"messages\": [{\"role\": \"user\", \"content\": \"a\", \"tool_calls\": []}]}", "messages[0].tool_calls")]
    [InlineData("{\"messages\": [{\"role\": \"assistant\", \"tool_calls\": [{\"function\": {\"name\": \"f\", \"arguments\": \"[1]\"}}]}]}", "messages[0].tool_calls[0].function.arguments")]
    [InlineData("{\"messages\": [{\"role\": \"assistant\", \"content\": \"a\", \"refusal\": \"no\"}]}", "messages[0].refusal")]
    [InlineData("{#, \"max_tokens\": 0}", "max_tokens")]
    [InlineData("{#, \"max_tokens\": 1, \"max_completion_tokens\": 2}", "max_tokens")]
    [InlineData("{#, \"top_logprobs\": 2}", "top_logprobs")]
    [InlineData("{#, \"logprobs\": true, \"top_logprobs\": 21}", "top_logprobs")]
    [InlineData("{#, \"logprobs\": 2}", "logprobs")]
    [InlineData("{#, \"tool_choice\": \"auto\"}", "tool_choice")]
    [InlineData("{#, \"parallel_tool_calls\": true}", "parallel_tool_calls")]
    [InlineData("{#, \"tools\": []}", "tools")]
    [InlineData("{#, \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"a b\"}}]}", "tools")]
    [InlineData("{#, \"tools\": [{\"type\": \"code\"}]}", "tools[0].type")]
    [InlineData("{#, \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\", \"strict\": true}}]}", "tools[0].function.strict")]
    [InlineData("{#, \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\"}}], \"tool_choice\": {\"type\": \"function\", \"function\": {\"name\": \"g\"}}}", "tools")]
    [InlineData("{#, \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\", \"parameters\": {\"not\": {}}}}], \"tool_choice\": \"required\"}", "tools")]
    [InlineData("{#, \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\"}}], \"tool_choice\": \"any\"}", "tool_choice")]
    [InlineData("{#, \"modalities\": [\"text\", \"audio\"]}", "modalities")]
    [InlineData("{#, \"service_tier\": \"flex\"}", "service_tier")]
    [InlineData("{#, \"store\": true}", "store")]
    [InlineData("{#, \"chat_template_kwargs\": {\"messages\": 1}}", "chat_template_kwargs.messages")]
    [InlineData("{#, \"response_format\": {\"type\": \"json_schema\"}}", "response_format.json_schema.schema")]
    [InlineData("{#, \"response_format\": {\"type\": \"json_object\", \"json_schema\": {}}}", "response_format")]
    public async Task What_cannot_be_honoured_is_named(string request, string field)
    {
        await using var server = await RunningServer.DemoAsync();
        var (status, error) = await server.RefusalAsync(Path, request.Replace("#", Hello, StringComparison.Ordinal));
        Assert.Equal((400, field), (status, error.GetProperty("param").GetString()));
    }
}
