using System.Text.Json;
using Moesaic.Formats;
using Moesaic.Text.Chat;

namespace Moesaic.Text.Tests.Chat;

public sealed class ChatTemplateTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    static readonly ChatMessage[] Hello = [new("user", "Hi")];

    public void Dispose() => folder.Dispose();

    string Render(JsonElement? tools = null) => ChatTemplate.Load(folder.Path).Render(Hello, tools);

    [Fact]
    public void The_template_is_found_in_the_tokenizer_config_with_its_tokens()
    {
        folder.Write("special_tokens_map.json", """{"bos_token": "<old>", "eos_token": {"content": "</s>"}}""");
        folder.Write("tokenizer_config.json", """{"bos_token": "<s>", "chat_template": "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}{{ pad_token }}"}""");
        Assert.Equal("<s>Hi</s>", Render());
    }

    [Fact]
    public void A_file_of_its_own_comes_first()
    {
        folder.Write("tokenizer_config.json", """{"chat_template": "config"}""");
        Assert.Equal("config", Render());
        folder.Write("chat_template.jinja", "file\n");
        Assert.Equal("file", Render());
        folder.Write("additional_chat_templates/tool_use.jinja", "tools");
        Assert.Equal("file", Render());
        Assert.Equal("tools", Render(JsonElement.Parse("[]")));
    }

    [Fact]
    public void Named_templates_are_chosen_by_the_presence_of_tools()
    {
        folder.Write("tokenizer_config.json", """{"chat_template": [{"name": "tool_use", "template": "T{{ tools | length }}"}, {"name": "default", "template": "D"}]}""");
        Assert.Equal("D", Render());
        Assert.Equal("T1", Render(JsonElement.Parse("[{}]")));
    }

    [Theory]
    [InlineData("""{"chat_template": [{"name": "rag", "template": "x"}]}""", "rag")]
    [InlineData("""{"chat_template": [{"name": "default"}]}""", "name and template")]
    [InlineData("""{"chat_template": 3}""", "string or a list")]
    [InlineData("""{"chat_template": "a\n{{ 1 + }}"}""", "line 2, column 8")]
    [InlineData("""{"chat_template": "x" """, "not valid JSON")]
    [InlineData("""[]""", "object")]
    public void A_bad_template_is_named(string config, string why)
    {
        folder.Write("tokenizer_config.json", config);
        Assert.Contains(why, Assert.Throws<BadModelException>(() => Render()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_template_says_so()
    {
        Assert.Null(ChatTemplate.Find(folder.Path));
        folder.Write("tokenizer_config.json", """{"chat_template": null}""");
        Assert.Null(ChatTemplate.Find(folder.Path));
        Assert.Contains("no chat template", Assert.Throws<BadModelException>(() => Render()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_is_given_to_the_template_with_what_it_has_and_nothing_else()
    {
        var template = ChatTemplate.Parse("{% for m in messages %}{{ m | tojson }}\n{% endfor %}{{ tools }} {{ documents }} {{ add_generation_prompt }} {{ mood }}");
        ChatMessage[] messages =
        [
            new("assistant", null)
            {
                ToolCalls = [new("f", JsonElement.Parse("""{"x": 1.0}"""), "c1"), new("g", JsonElement.Parse("\"raw\""))],
                ReasoningContent = "hm", Extra = new Dictionary<string, JsonElement> { ["prefix"] = JsonElement.Parse("true") },
            },
            new("tool", "é") { ToolCallId = "c1", Name = "f" },
        ];
        Assert.Equal("""
            {"role": "assistant", "content": "", "reasoning_content": "hm", "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": {"x": 1.0}}, "id": "c1"}, {"type": "function", "function": {"name": "g", "arguments": "raw"}}], "prefix": true}
            {"role": "tool", "content": "é", "name": "f", "tool_call_id": "c1"}
            None None False calm
            """.ReplaceLineEndings("\n"), template.Render(messages, null, false, new Dictionary<string, object?> { ["mood"] = "calm" }));
    }

    [Fact]
    public void Marked_ranges_hold_what_the_assistant_says()
    {
        var text = File.ReadAllText(Golden.Path("Chat/templates/own-generation.jinja"));
        var template = ChatTemplate.Parse(text, new Dictionary<string, string> { ["bos_token"] = "<s>", ["eos_token"] = "</s>" });
        Assert.True(template.HasGenerationBlocks);
        var rendered = template.RenderMarked([new("user", "a"), new("assistant", " b "), new("user", "c"), new("assistant", "d")], null, false);
        Assert.Equal(["b</s>", "d</s>"], rendered.Generated.Select(range => rendered.Text[range]));
    }
}
