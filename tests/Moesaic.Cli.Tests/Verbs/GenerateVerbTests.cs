using System.Globalization;
using Moesaic.Cli.Tests.Ui;
using Moesaic.Cli.Ui;
using Moesaic.Cli.Verbs;
using Moesaic.Methods.Tests.Evaluation;

namespace Moesaic.Cli.Tests.Verbs;

public sealed class GenerateVerbTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    readonly StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
    readonly StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };

    int Run(string? input, params string[] args) => new App(
        [new GenerateVerb(input is null ? null : new StringReader(input))],
        (json, _) => json ? new JsonView(output, error, new FakeTime()) : ViewChoice.For(output, error, plainOutput: true, plainError: true, new FakeTime()))
        .Run(["generate", folder.Model, .. args], output, error);

    string Text(string? input, params string[] args)
    {
        output.GetStringBuilder().Clear();
        Assert.Equal(0, Run(input, args));
        return output.ToString();
    }

    [Fact]
    public void The_prompt_comes_from_an_option_a_file_or_standard_input()
    {
        File.WriteAllText(folder["prompt.txt"], "In story 3");
        var text = Text(null, "--prompt", "In story 3", "--max-tokens", "12");
        Assert.NotEqual("", text.Trim());
        Assert.Equal(text, Text(null, "--prompt-file", folder["prompt.txt"], "--max-tokens", "12"));
        Assert.Equal(text, Text("In story 3", "--max-tokens", "12"));
        Assert.Contains("generated 12 tokens", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("decode_speed", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_reach_the_sampler()
    {
        string[] warm = ["--prompt", "a cat", "--temperature", "1.5", "--max-tokens", "20"];
        Assert.Equal(Text(null, [.. warm, "--seed", "4"]), Text(null, [.. warm, "--seed", "4"]));
        Assert.NotEqual(Text(null, [.. warm, "--seed", "4"]), Text(null, [.. warm, "--seed", "5"]));
        Assert.Equal(Text(null, "--prompt", "a cat", "--max-tokens", "20"), Text(null, [.. warm, "--top-k", "1"]));
    }

    [Fact]
    public void Every_part_of_the_chain_can_be_asked_for()
    {
        string[] warm = ["--prompt", "a cat", "--temperature", "1", "--max-tokens", "30", "--seed", "4"];
        var text = Text(null, warm);
        foreach (var flag in new[] { "--typical-p=0.3", "--frequency-penalty=1.5", "--presence-penalty=-2", "--min-p=0.5", "--repetition-penalty=3" })
            Assert.NotEqual(text, Text(null, [.. warm, flag]));
        Assert.Equal(text, Text(null, [.. warm, "--cache", "f32"]));
        Text(null, [.. warm, "--cache", "q8_0"]);

        string[] biased = ["--prompt", "a cat", "--max-tokens", "3", "--logit-bias", "70=1000"];
        Assert.Contains("   70  F  ", Text(null, [.. biased, "--log-probabilities", "2"]), StringComparison.Ordinal);
        Assert.DoesNotContain("   70  F  ", Text(null, [.. biased[..^1], "70=-inf", "--log-probabilities", "2"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_chat_template_frames_the_message()
    {
        var template = folder["model/chat_template.jinja"];
        File.WriteAllText(template, "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}cat");
        try
        {
            var chat = Text(null, "--chat", "--prompt", "hello", "--system", "be kind", "--max-tokens", "15");
            File.WriteAllText(template, "system: be kind\nuser: hello\ncat");
            Assert.Equal(Text(null, "--chat", "--prompt", "x", "--max-tokens", "15"), chat);
        }
        finally
        {
            File.Delete(template);
        }
    }

    [Fact]
    public void Json_events_are_text_and_the_timings()
    {
        var lines = Text(null, "--prompt", "In story", "--max-tokens", "5", "--json").TrimEnd().Split('\n');
        Assert.All(lines[..^1], line => Assert.StartsWith("{\"event\":\"text\"", line, StringComparison.Ordinal));
        Assert.StartsWith("{\"event\":\"measured\",\"title\":\"finished: ", lines[^1], StringComparison.Ordinal);
        Assert.Contains("\"key\":\"generated\",\"value\":", lines[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "There is no prompt")]
    [InlineData(2, "temperature is -1", "-p", "a", "--temperature", "-1")]
    [InlineData(2, "--top-k: 'many' is not a whole number", "-p", "a", "--top-k", "many")]
    [InlineData(2, "not both", "-p", "a", "--prompt-file", "b")]
    [InlineData(2, "--prompt-file nowhere.txt cannot be read", "--prompt-file", "nowhere.txt")]
    [InlineData(2, "--system needs --chat", "-p", "a", "--system", "b")]
    [InlineData(2, "unknown option '--promt'; did you mean '--prompt'?", "--promt", "a")]
    [InlineData(3, "the model has no chat template", "-p", "a", "--chat")]
    public void Mistakes_have_a_message_and_a_code(int code, string message, params string[] args)
    {
        Assert.Equal(code, Run(null, args));
        Assert.Contains(message, error.ToString(), StringComparison.Ordinal);
        Assert.Equal("", output.ToString());
    }

    [Fact]
    public void A_prompt_longer_than_the_context_is_refused()
    {
        Assert.Equal(2, Run(null, "-p", new string('#', 100)));
        Assert.Contains("the context of the model 64", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_tool_is_put_together_without_collisions() => Assert.Contains(Composition.Verbs, v => v.Name == "evaluate");
}
