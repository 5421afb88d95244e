using System.Globalization;
using System.Text.Json;
using Moesaic.Cli.Tests.Ui;
using Moesaic.Cli.Ui;
using Moesaic.Cli.Verbs;
using Moesaic.Methods.Tests.Evaluation;

namespace Moesaic.Cli.Tests.Verbs;

public sealed class ChatVerbTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    // Short, because the context of the model is.
    const string Template = "{% for m in messages %}{{ m.role[0] }}{{ m.content }}.{% endfor %}a";

    readonly StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
    readonly StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };

    int Run(bool terminal, string input, params string[] args)
    {
        var lines = new StringReader(input);
        return new App(
            [new ChatVerb(() => lines, terminal), new GenerateVerb(null)],
            (json, _) => json ? new JsonView(output, error, new FakeTime()) : ViewChoice.For(output, error, plainOutput: true, plainError: true, new FakeTime()))
            .Run([args.Contains("-p") ? "generate" : "chat", folder.Model, .. args], output, error);
    }

    string Output(bool terminal, string input, params string[] args)
    {
        output.GetStringBuilder().Clear();
        error.GetStringBuilder().Clear();
        Assert.True(Run(terminal, input, [.. args, "--max-tokens", "6"]) == 0, error.ToString());
        return output.ToString();
    }

    string[] WithTemplate()
    {
        File.WriteAllText(folder["chat.jinja"], Template);
        return ["--template", folder["chat.jinja"]];
    }

    [Fact]
    public void Each_line_is_answered_in_view_of_those_before()
    {
        var saved = folder["turns.jsonl"];
        var both = Output(false, $"a cat\n/save {saved}\na dog\n", WithTemplate());
        Assert.Contains("finished: length: prompt", error.ToString(), StringComparison.Ordinal);
        var first = JsonDocument.Parse(File.ReadAllText(saved)).RootElement.GetProperty("messages")[1].GetProperty("content").GetString();
        // The same conversation with the first turn written into the template.
        File.WriteAllText(folder["second.jinja"], $"ua cat.a{first}.u{{{{ messages[0].content }}}}.a");
        var second = Output(false, "a dog\n", "--template", folder["second.jinja"]);
        Assert.Equal($"{first}\n{second}", both);
        Assert.NotEqual(second, Output(false, "a dog\n", WithTemplate()));
    }

    [Fact]
    public void Commands_change_the_conversation()
    {
        var form = WithTemplate();
        var plain = Output(false, "a dog\n", form);
        Assert.Equal(plain + plain, Output(false, "a dog\n/reset\na dog\n", form));
        var kind = Output(false, "a dog\n", [.. form, "--system", "kind"]);
        Assert.NotEqual(plain, kind);
        Assert.Equal(plain + kind + kind + plain, Output(false, "a dog\n/system kind\na dog\n/reset\na dog\n/system\na dog\n", form));
        Assert.Equal(plain, Output(false, "a dog\n/quit\na dog\n", form));
    }

    [Fact]
    public void Saving_writes_what_was_said()
    {
        var saved = folder["saved.jsonl"];
        var answer = Output(false, $"a dog\n/save {saved}\n", [.. WithTemplate(), "--system", "kind"]);
        var line = JsonDocument.Parse(File.ReadAllText(saved)).RootElement.GetProperty("messages");
        Assert.Equal(["system kind", "user a dog", "assistant " + answer.TrimEnd('\n')],
            line.EnumerateArray().Select(m => $"{m.GetProperty("role")} {m.GetProperty("content")}".TrimEnd('\n')));
    }

    [Fact]
    public void A_person_gets_a_prompt_and_may_go_on_after_a_mistake()
    {
        var text = Output(true, $"/rest\n{new string('x', 200)}\na dog\n", WithTemplate());
        Assert.StartsWith("> ", text, StringComparison.Ordinal);
        Assert.Contains("did you mean '/reset'?", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("the context of the model 64", error.ToString(), StringComparison.Ordinal);
        Assert.Contains(Output(false, "a dog\n", WithTemplate()).TrimEnd('\n'), text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_is_told_of_its_mistake_by_the_exit_code()
    {
        Assert.Equal(2, Run(false, "/rest\na dog\n", WithTemplate()));
        Assert.Equal(2, Run(false, new string('x', 200), WithTemplate()));
        Assert.Equal(3, Run(false, "hello\n", [.. WithTemplate(), "--json"]));
    }

    [Fact]
    public void Json_goes_in_and_out()
    {
        var plain = Output(false, "a dog\n", WithTemplate());
        var lines = Output(false, "{\"content\":\"a dog\"}\n", [.. WithTemplate(), "--json"]).TrimEnd().Split('\n')
            .Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(plain.TrimEnd('\n'), string.Concat(lines.SkipLast(1).Select(l => l.GetProperty("text").GetString())).TrimEnd('\n'));
        Assert.Contains(lines[^1].GetProperty("figures").EnumerateArray(), f => f.GetProperty("key").GetString() == "reused");
    }

    [Fact]
    public void A_model_without_a_template_is_refused_with_what_to_do()
    {
        Assert.Equal(3, Run(false, "a dog\n"));
        Assert.Contains("no chat template", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("--template", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--context is 65; the model was made for 1 to 64 tokens", "--context", "65")]
    [InlineData("--cache: unknown value 'f8'", "--cache", "f8")]
    [InlineData("--template nowhere cannot be read", "--template", "nowhere")]
    [InlineData("--logit-bias 5: give a token's number", "--logit-bias", "5")]
    [InlineData("names token 5 twice", "--logit-bias", "5=1", "--logit-bias", "5=2")]
    public void Mistakes_have_a_message(string message, params string[] args)
    {
        Assert.Equal(2, Run(false, "a dog\n", args.Contains("--template") ? args : [.. WithTemplate(), .. args]));
        Assert.Contains(message, error.ToString(), StringComparison.Ordinal);
    }
}
