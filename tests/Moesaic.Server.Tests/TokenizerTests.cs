using System.Text.Json;

namespace Moesaic.Server.Tests;

public class TokenizerTests
{
    [Fact]
    public async Task Text_goes_to_tokens_and_back()
    {
        await using var server = await RunningServer.DemoAsync();
        var tokens = await server.AskAsync("/tokenize", """{"prompt": "Returns – 🙂", "add_special_tokens": false, "return_token_strs": true}""");
        Assert.Equal(tokens.GetProperty("tokens").GetArrayLength(), tokens.GetProperty("count").GetInt32());
        Assert.Equal(tokens.GetProperty("count").GetInt32(), tokens.GetProperty("token_strs").GetArrayLength());
        Assert.Equal(512, tokens.GetProperty("max_model_len").GetInt32());
        var back = await server.AskAsync("/detokenize", $$"""{"tokens": {{tokens.GetProperty("tokens").GetRawText()}}}""");
        Assert.Equal("Returns – 🙂", back.GetProperty("prompt").GetString());
    }

    [Fact]
    public async Task A_client_that_encodes_by_itself_finds_what_it_needs()
    {
        // The calls of lm-evaluation-harness' RemoteTokenizer.
        await using var server = await RunningServer.DemoAsync();
        var info = await server.GetAsync("/tokenizer_info");
        Assert.Equal("<|end_of_text|>", info.GetProperty("eos_token").GetString());
        Assert.Contains("im_start", info.GetProperty("chat_template").GetString(), StringComparison.Ordinal);
        var end = await server.AskAsync("/tokenize", """{"prompt": "<|end_of_text|>", "add_special_tokens": false}""");
        Assert.Equal([server.Model.Tokenizer.EosId!.Value], end.GetProperty("tokens").EnumerateArray().Select(t => t.GetInt32()));
        var test = await server.AskAsync("/tokenize", """{"prompt": "test", "add_special_tokens": false}""");
        Assert.NotEqual(0, test.GetProperty("tokens").GetArrayLength());
    }

    [Fact]
    public async Task A_conversation_is_encoded_as_chat_does()
    {
        await using var server = await RunningServer.DemoAsync();
        const string Messages = """[{"role": "user", "content": "What is <|im_end|> for?"}]""";
        var tokens = await server.AskAsync("/tokenize", $$"""{"messages": {{Messages}}}""");
        var chat = await server.AskAsync("/v1/chat/completions", $$"""{"messages": {{Messages}}, "max_tokens": 1}""");
        Assert.Equal(chat.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), tokens.GetProperty("count").GetInt32());
        // Words of the user end no turn.
        var end = server.Model.Tokenizer.IdOf("<|im_end|>")!.Value;
        Assert.Single(tokens.GetProperty("tokens").EnumerateArray(), t => t.GetInt32() == end);
    }
}
