namespace Moesaic.Extensions.AI.Tests.Tools;

public class ToolCallParserTests
{
    const string Now = """{"name": "now", "arguments": {}}""";
    const string Rome = """{"name": "get_weather", "arguments": {"city": "Rome </tool_call> \"}"}}""";

    /// <summary>An answer and what is in it: text as it stands, calls as name(arguments).</summary>
    public static TheoryData<string, string, string> Answers => new()
    {
        { "hermes", "", "" },
        { "hermes", " Hello \n", " Hello \n" },
        { "hermes", "a < b <tool_cal", "a < b <tool_cal" },
        { "hermes", $"<tool_call>\n{Now}\n</tool_call>", "[now {}]" },
        { "hermes", $"Let me look.\n\n<tool_call>{Now}</tool_call>\n<tool_call>\n{Rome}\n</tool_call>\n",
            """Let me look.[now {}][get_weather {"city": "Rome </tool_call> \"}"}]""" },
        { "hermes", $"<tool_call>\n{Now}\n</tool_call>\n\nDone.", "[now {}]\n\nDone." },
        { "hermes", $"<tool_call>{Now}", "[now {}]" },
        { "hermes", $"<tool_call>{Now}\n</tool_ca", "[now {}]\n</tool_ca" },
        { "hermes", "<tool_call>\n{\"name\": \"now\", \"argu", "<tool_call>\n{\"name\": \"now\", \"argu" },
        { "hermes", "<tool_call> is a mark. So is <tool_call>!", "<tool_call> is a mark. So is <tool_call>!" },
        { "hermes", "<tool_call>\n{\"name\": now}\n</tool_call>", "<tool_call>\n{\"name\": now}\n</tool_call>" },
        { "hermes", $"<tool_call><tool_call>{Now}</tool_call>", "<tool_call>[now {}]" },
        { "hermes", "<tool_call>{\"name\": \"later\", \"arguments\": {}}</tool_call>", "<tool_call>{\"name\": \"later\", \"arguments\": {}}</tool_call>" },
        { "hermes", "<tool_call>{\"name\": \"now\", \"arguments\": [1]}</tool_call>", "<tool_call>{\"name\": \"now\", \"arguments\": [1]}</tool_call>" },
        { "hermes", "<tool_call>{\"name\": \"now\", \"arguments\": \"{\\\"a\\\": 1}\"}</tool_call>", "[now {\"a\": 1}]" },
        { "hermes", "<tool_call>{\"name\": \"now\"}</tool_call>", "[now {}]" },
        { "mistral", $"[TOOL_CALLS] [{Now}, {Rome}]", """[now {}][get_weather {"city": "Rome </tool_call> \"}"}]""" },
        { "mistral", $"[TOOL_CALLS]{Now}", $"[TOOL_CALLS]{Now}" },
        { "mistral", "[1, 2]", "[1, 2]" },
        { "llama", """ {"name": "now", "parameters": {}}""", "[now {}]" },
        { "llama", """{"name": "now", "parameters": {}}; {"name": "now", "parameters": {"a": 1}}""", "[now {}][now {\"a\": 1}]" },
        { "llama", "{\"name\": \"Ada\"} is an object.", "{\"name\": \"Ada\"} is an object." },
        { "llama", """An object: {"name": "now", "parameters": {}}""", """An object: {"name": "now", "parameters": {}}""" },
        { "described", $"<tool_call>\n{Now}\n</tool_call>", "[now {}]" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void Calls_are_told_from_text_however_it_comes(string format, string answer, string expected)
    {
        var random = new Random(5);
        for (var round = 0; round < 40; round++)
        {
            var parser = CallFormats.Of(format).Parser(new ToolSet([CallFormats.Weather, CallFormats.Now]));
            var parts = new List<AnswerPart>();
            for (var at = 0; at < answer.Length;)
            {
                var length = round == 0 ? answer.Length : Math.Min(answer.Length - at, random.Next(0, round < 20 ? 3 : 12));
                parts.AddRange(parser.Push(answer.Substring(at, length)));
                at += length;
            }
            parts.AddRange(parser.Finish());
            Assert.Equal(expected, string.Concat(parts.Select(p => p.Call is { } c ? $"[{c.Name} {c.Arguments.GetRawText()}]" : p.Text)));
            Assert.Equal(parts.Count(p => p.Call is not null), parser.Calls);
            Assert.Equal(parser.Calls, parts.Where(p => p.Call is not null).Select(p => p.Call!.Id).Distinct().Count());
        }
    }

    [Fact]
    public void Text_comes_as_soon_as_it_can_not_be_a_call()
    {
        var parser = CallFormats.Of("hermes").Parser(new ToolSet([CallFormats.Now]));
        Assert.Equal("Hello", Text(parser.Push("Hello ")));
        Assert.Equal(" world", Text(parser.Push("world <to")));
        Assert.Equal(" <tower", Text(parser.Push("wer")));
        Assert.Equal("", Text(parser.Push("<tool_call>")));
        Assert.Equal("<tool_call>x", Text(parser.Push("x")));
    }

    [Fact]
    public void One_call_ends_an_answer_that_may_have_one()
    {
        var parser = CallFormats.Of("hermes").Parser(new ToolSet([CallFormats.Now], parallel: false));
        Assert.Single(parser.Push($"<tool_call>{Now}</tool_call><tool_call>{Now}</tool_call>"));
        Assert.True(parser.HasEnded);
        Assert.Empty(parser.Push("more"));
        Assert.Empty(parser.Finish());
    }

    [Fact]
    public void Without_functions_all_is_text()
    {
        var parser = CallFormats.Of("hermes").Parser(new ToolSet([CallFormats.Now], ToolChoice.None));
        Assert.Equal($"<tool_call>{Now}", Text(parser.Push($"<tool_call>{Now}")));
    }

    static string Text(IEnumerable<AnswerPart> parts) => string.Concat(parts.Select(p => p.Text));
}
