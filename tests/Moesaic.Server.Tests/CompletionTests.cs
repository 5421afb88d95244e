using System.Text.Json;
using Moesaic.Inference;

namespace Moesaic.Server.Tests;

public class CompletionTests
{
    const string Path = "/v1/completions";

    [Fact]
    public async Task A_prompt_may_be_a_text_or_ids_alone_or_in_lists()
    {
        await using var server = await RunningServer.DemoAsync();
        var ids = server.Model.Encode("Returns the");
        var list = $"[{string.Join(',', ids)}]";
        foreach (var (prompt, count) in new[] { ("\"Returns the\"", 1), ("[\"Returns the\"]", 1), ("[\"Returns the\", \"Returns the\"]", 2), (list, 1), ($"[{list}, {list}, {list}]", 3) })
        {
            var answer = await server.AskAsync(Path, $$"""{"prompt": {{prompt}}, "temperature": 0, "max_tokens": 6}""");
            var choices = answer.GetProperty("choices");
            Assert.Equal(count, choices.GetArrayLength());
            Assert.Equal(count * ids.Length, answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32());
            Assert.Equal(Enumerable.Range(0, count), choices.EnumerateArray().Select(c => c.GetProperty("index").GetInt32()));
            Assert.All(choices.EnumerateArray(), c => Assert.Equal(choices[0].GetProperty("text").GetString(), c.GetProperty("text").GetString()));
            Assert.NotEmpty(choices[0].GetProperty("text").GetString()!);
        }
    }

    [Fact]
    public async Task A_prompt_that_was_read_before_is_cached()
    {
        await using var server = await RunningServer.DemoAsync();
        var request = $$"""{"prompt": [{{string.Join(',', Enumerable.Range(10, 100))}}], "max_tokens": 1}""";
        var first = await server.AskAsync(Path, request);
        var second = await server.AskAsync(Path, request);
        Assert.Equal((0, 96), (Cached(first), Cached(second)));

        static int Cached(JsonElement answer) => answer.GetProperty("usage").GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32();
    }

    [Fact]
    public async Task The_echo_has_every_token_of_the_prompt()
    {
        await using var server = await RunningServer.DemoAsync();
        var answer = await server.AskAsync(Path, """{"prompt": "Returns – naïve 🙂", "echo": true, "logprobs": 2, "max_tokens": 4, "temperature": 0}""");
        var choice = answer.GetProperty("choices")[0];
        var text = choice.GetProperty("text").GetString()!;
        Assert.StartsWith("Returns – naïve 🙂", text, StringComparison.Ordinal);
        var likely = choice.GetProperty("logprobs");
        var values = likely.GetProperty("token_logprobs").EnumerateArray().ToList();
        var ids = server.Model.Encode("Returns – naïve 🙂");
        Assert.Equal(ids.Length + 4, values.Count);
        Assert.Equal(JsonValueKind.Null, values[0].ValueKind);
        Assert.Equal(JsonValueKind.Null, likely.GetProperty("top_logprobs")[0].ValueKind);
        Assert.All(values.Skip(1), v => Assert.True(v.GetSingle() <= 0));
        // Each token stands where it says.
        var offsets = likely.GetProperty("text_offset").EnumerateArray().Select(o => o.GetInt32()).ToList();
        var tokens = likely.GetProperty("tokens").EnumerateArray().Select(t => t.GetString()!).ToList();
        for (var i = 1; i < tokens.Count; i++)
            if (!tokens[i].StartsWith("bytes:", StringComparison.Ordinal) && !tokens[i].StartsWith("<|", StringComparison.Ordinal))
                Assert.Equal(tokens[i], text.Substring(offsets[i], tokens[i].Length));
        Assert.Contains(tokens, t => t.StartsWith("bytes:\\x", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_the_echo_places_are_those_of_the_answer()
    {
        await using var server = await RunningServer.DemoAsync();
        var answer = await server.AskAsync(Path, """{"prompt": "Returns the", "logprobs": 0, "max_tokens": 5, "temperature": 0}""");
        var choice = answer.GetProperty("choices")[0];
        var (text, likely) = (choice.GetProperty("text").GetString()!, choice.GetProperty("logprobs"));
        Assert.Equal(0, likely.GetProperty("text_offset")[0].GetInt32());
        Assert.Equal(text, string.Concat(likely.GetProperty("tokens").EnumerateArray().Select(t => t.GetString())));
        // Of none but the chosen one.
        Assert.Single(likely.GetProperty("top_logprobs")[0].EnumerateObject());
    }

    [Fact]
    public async Task No_tokens_read_the_prompt_only()
    {
        await using var server = await RunningServer.DemoAsync();
        var answer = await server.AskAsync(Path, """{"prompt": "Returns the", "echo": true, "logprobs": 1, "max_tokens": 0}""");
        var choice = answer.GetProperty("choices")[0];
        Assert.Equal(("Returns the", "length"), (choice.GetProperty("text").GetString(), choice.GetProperty("finish_reason").GetString()));
        Assert.Equal(server.Model.Encode("Returns the").Length, choice.GetProperty("logprobs").GetProperty("tokens").GetArrayLength());
        Assert.Equal(0, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task Several_texts_have_the_seeds_that_follow()
    {
        await using var server = await RunningServer.DemoAsync();
        var three = await server.AskAsync(Path, """{"prompt": "Returns", "n": 3, "seed": 40, "temperature": 1, "max_tokens": 8}""");
        var texts = three.GetProperty("choices").EnumerateArray().Select(c => c.GetProperty("text").GetString()).ToList();
        Assert.Equal(3, texts.Distinct().Count());
        for (var i = 0; i < 3; i++)
        {
            var alone = await server.AskAsync(Path, $$"""{"prompt": "Returns", "seed": {{40 + i}}, "temperature": 1, "max_tokens": 8}""");
            Assert.Equal(texts[i], alone.GetProperty("choices")[0].GetProperty("text").GetString());
        }
    }

    [Fact]
    public async Task The_best_texts_are_the_likeliest()
    {
        await using var server = await RunningServer.DemoAsync();
        const string Fields = "\"prompt\": \"Returns\", \"seed\": 7, \"temperature\": 1.5, \"max_tokens\": 6, \"logprobs\": 0";
        var all = (await server.AskAsync(Path, $$"""{ {{Fields}}, "n": 5 }""")).GetProperty("choices").EnumerateArray().OrderByDescending(Mean).ToList();
        var best = await server.AskAsync(Path, $$"""{ {{Fields}}, "n": 2, "best_of": 5 }""");
        Assert.Equal(all.Take(2).Select(c => c.GetProperty("text").GetString()), best.GetProperty("choices").EnumerateArray().Select(c => c.GetProperty("text").GetString()));
        // What was thrown away was computed.
        Assert.Equal(all.Sum(c => c.GetProperty("logprobs").GetProperty("tokens").GetArrayLength()), best.GetProperty("usage").GetProperty("completion_tokens").GetInt32());

        static double Mean(JsonElement choice) => choice.GetProperty("logprobs").GetProperty("token_logprobs").EnumerateArray().Average(v => v.GetDouble());
    }

    [Fact]
    public async Task Without_a_seed_texts_differ()
    {
        await using var server = await RunningServer.DemoAsync();
        var texts = new HashSet<string>();
        for (var i = 0; i < 4; i++)
            texts.Add((await server.AskAsync(Path, """{"prompt": "The", "max_tokens": 12}""")).GetProperty("choices")[0].GetProperty("text").GetString()!);
        Assert.True(texts.Count > 1);
    }

    [Fact]
    public async Task A_stop_text_ends_a_text_and_is_left_out()
    {
        await using var server = await RunningServer.DemoAsync();
        var all = (await server.AskAsync(Path, """{"prompt": "Returns the", "temperature": 0, "max_tokens": 12}""")).GetProperty("choices")[0].GetProperty("text").GetString()!;
        var stop = all.Substring(all.Length / 2, 3);
        var cut = (await server.AskAsync(Path, $$"""{"prompt": "Returns the", "temperature": 0, "max_tokens": 12, "stop": {{JsonSerializer.Serialize(stop)}}}""")).GetProperty("choices")[0];
        Assert.Equal((all[..all.IndexOf(stop, StringComparison.Ordinal)], "stop"), (cut.GetProperty("text").GetString(), cut.GetProperty("finish_reason").GetString()));
    }

    [Fact]
    public async Task A_bias_of_minus_100_forbids_a_token()
    {
        await using var server = await RunningServer.DemoAsync();
        var first = await server.AskAsync(Path, """{"prompt": "Returns the", "temperature": 0, "max_tokens": 1, "moesaic": {"routing": true}}""");
        var id = first.GetProperty("choices")[0].GetProperty("moesaic").GetProperty("tokens")[0].GetProperty("id").GetInt32();
        var other = await server.AskAsync(Path, $$"""{"prompt": "Returns the", "temperature": 0, "max_tokens": 1, "logit_bias": {"{{id}}": -100}, "moesaic": {"routing": true} }""");
        Assert.NotEqual(id, other.GetProperty("choices")[0].GetProperty("moesaic").GetProperty("tokens")[0].GetProperty("id").GetInt32());
    }

    [Theory]
    [InlineData("")]
    [InlineData(", \"logprobs\": 1")]
    [InlineData(", \"echo\": true, \"logprobs\": 1")]
    [InlineData(", \"n\": 3, \"echo\": true")]
    [InlineData(", \"n\": 2, \"logprobs\": 2, \"echo\": true, \"moesaic\": {\"routing\": true}")]
    public async Task A_stream_joined_is_the_whole_answer(string more)
    {
        await using var server = await RunningServer.MixtureAsync();
        var fields = $"\"prompt\": [\"Returns the\", \"A list – of 🙂\"], \"temperature\": 1, \"seed\": 3, \"max_tokens\": 9{more}";
        var whole = await server.AskAsync(Path, $"{{ {fields} }}");
        var events = await server.StreamAsync(Path, $$"""{ {{fields}}, "stream": true, "stream_options": {"include_usage": true} }""");
        Assert.Equal("[DONE]", events[^1]);
        var chunks = events[..^1].Select(e => JsonElement.Parse(e)).ToList();
        Assert.Equal(whole.GetProperty("usage").GetProperty("total_tokens").GetInt32(), chunks[^1].GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Single(chunks.Select(c => c.GetProperty("id").GetString()).Distinct());
        foreach (var expected in whole.GetProperty("choices").EnumerateArray())
        {
            var parts = chunks.SelectMany(c => c.GetProperty("choices").EnumerateArray()).Where(c => c.GetProperty("index").GetInt32() == expected.GetProperty("index").GetInt32()).ToList();
            Assert.Equal(expected.GetProperty("text").GetString(), string.Concat(parts.Select(p => p.GetProperty("text").GetString())));
            Assert.Equal(expected.GetProperty("finish_reason").GetString(), parts[^1].GetProperty("finish_reason").GetString());
            Assert.All(parts[..^1], p => Assert.Equal(JsonValueKind.Null, p.GetProperty("finish_reason").ValueKind));
            if (expected.GetProperty("logprobs") is { ValueKind: JsonValueKind.Object } likely)
                foreach (var list in likely.EnumerateObject())
                    Assert.Equal(list.Value.GetRawText(), $"[{string.Join(',', parts.SelectMany(p => p.GetProperty("logprobs").GetProperty(list.Name).EnumerateArray()).Select(v => v.GetRawText()))}]");
        }
    }

    [Fact]
    public async Task The_experts_of_each_token_are_told()
    {
        await using var server = await RunningServer.MixtureAsync();
        var answer = await server.AskAsync(Path, """{"prompt": "Returns the", "temperature": 0, "max_tokens": 5, "moesaic": {"routing": true}}""");
        var tokens = answer.GetProperty("choices")[0].GetProperty("moesaic").GetProperty("tokens").EnumerateArray().ToList();
        Assert.Equal(answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32(), tokens.Count);
        Assert.All(tokens, token =>
        {
            Assert.Equal([1, 2], token.GetProperty("layers").EnumerateArray().Select(l => l.GetProperty("layer").GetInt32()));
            Assert.All(token.GetProperty("layers").EnumerateArray(), l =>
            {
                Assert.Equal(2, l.GetProperty("experts").GetArrayLength());
                Assert.Equal(1, l.GetProperty("weights").EnumerateArray().Sum(w => w.GetDouble()), 4);
            });
        });
        Assert.Equal(answer.GetProperty("choices")[0].GetProperty("text").GetString(), string.Concat(tokens.Select(t => t.GetProperty("text").GetString())));
        Assert.Equal(2, answer.GetProperty("moesaic").GetProperty("experts_per_token").GetDouble());
        Assert.True(answer.GetProperty("moesaic").GetProperty("timings").GetProperty("prompt_ms").GetDouble() > 0);
    }

    [Theory]
    [InlineData("{\"prompt\": []}", "prompt")]
    [InlineData("{\"prompt\": [4096]}", "prompt")]
    [InlineData("{\"prompt\": [[1], [-1]]}", "prompt")]
    [InlineData("{\"prompt\": [1, \"a\"]}", "prompt")]
    [InlineData("{\"max_tokens\": 5}", "prompt")]
    [InlineData("{\"prompt\": \"a\", \"max_tokens\": -1}", "max_tokens")]
    [InlineData("{\"prompt\": \"a\", \"n\": 0}", "n")]
    [InlineData("{\"prompt\": \"a\", \"n\": 3, \"best_of\": 2}", "best_of")]
    [InlineData("{\"prompt\": \"a\", \"best_of\": 2, \"stream\": true}", "best_of")]
    [InlineData("{\"prompt\": [\"a\", \"b\"], \"n\": 33}", "prompt")]
    [InlineData("{\"prompt\": \"a\", \"logprobs\": 21}", "logprobs")]
    [InlineData("{\"prompt\": \"a\", \"temperature\": -1}", "temperature")]
    [InlineData("{\"prompt\": \"a\", \"temperature\": \"hot\"}", "temperature")]
    [InlineData("{\"prompt\": \"a\", \"top_p\": 0}", "top_p")]
    [InlineData("{\"prompt\": \"a\", \"presence_penalty\": 3}", "presence_penalty")]
    [InlineData("{\"prompt\": \"a\", \"logit_bias\": {\"5000\": 1}}", "logit_bias")]
    [InlineData("{\"prompt\": \"a\", \"logit_bias\": {\"5\": 101}}", "logit_bias")]
    [InlineData("{\"prompt\": \"a\", \"logit_bias\": {\"5\": 1, \"05\": 1}}", "logit_bias")]
    [InlineData("{\"prompt\": \"a\", \"stop\": [\"\"]}", "stop")]
    [InlineData("{\"prompt\": \"a\", \"stream_options\": {}}", "stream_options")]
    [InlineData("{\"prompt\": \"a\", \"stream\": true, \"stream_options\": {\"include_obfuscation\": true}}", "stream_options.include_obfuscation")]
    [InlineData("{\"prompt\": \"a\", \"moesaic\": {\"deadline_seconds\": 0}}", "moesaic.deadline_seconds")]
    [InlineData("{\"prompt\": \"a\", \"response_format\": {\"type\": \"xml\"}}", "response_format")]
    [InlineData("{\"prompt\": \"a\", \"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"schema\": {\"contains\": {}}}}}", "response_format")]
    public async Task What_cannot_be_honoured_is_named(string request, string field)
    {
        await using var server = await RunningServer.DemoAsync();
        var (status, error) = await server.RefusalAsync(Path, request);
        Assert.Equal((400, "invalid_request_error", field), (status, error.GetProperty("type").GetString(), error.GetProperty("param").GetString()));
        Assert.StartsWith(field, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_that_is_too_long_is_not_shortened()
    {
        await using var server = await RunningServer.DemoAsync();
        var ids = string.Join(',', Enumerable.Repeat(5, server.Model.Context));
        var (status, error) = await server.RefusalAsync(Path, $$"""{"prompt": [{{ids}}]}""");
        Assert.Equal((400, "context_length_exceeded"), (status, error.GetProperty("code").GetString()));
        // One token less leaves room for one.
        var answer = await server.AskAsync(Path, $$"""{"prompt": [{{ids[2..]}}], "max_tokens": 5}""");
        Assert.Equal("length", answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal(1, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }
}
