using System.Text.Json;
using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Text;

namespace Moesaic.Extensions.AI.Tests.Tools;

public class ToolCallFormatTests
{
    [Theory]
    [InlineData("Qwen-Qwen2.5-7B-Instruct", "hermes")]
    [InlineData("Qwen-Qwen3-0.6B", "hermes")]
    [InlineData("mistralai-Mistral-Nemo-Instruct-2407", "mistral")]
    [InlineData("own-builtin-tools", "llama")]
    [InlineData("chatml", "described")]
    [InlineData("zephyr", "described")]
    [InlineData("own-alternating", "described")]
    [InlineData("GLM-4.6", "described")]
    [InlineData("deepseek-ai-DeepSeek-V3.1", "described")]
    [InlineData("ibm-granite-granite-3.3-2B-Instruct", "described")]
    [InlineData("openai-gpt-oss-120b", "described")]
    public void A_template_tells_its_format(string template, string expected) =>
        Assert.Equal(expected, ToolCallFormat.Of(CallFormats.Template(template), CallFormats.Tokenizer).Name);

    public static TheoryData<string, bool> Kinds => new(
        from name in new[] { "hermes", "mistral", "llama", "described" } from special in new[] { false, true } select (name, special));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_the_grammar_allows_is_read_as_calls(string name, bool special)
    {
        var tokenizer = special ? CallFormats.Tokenizer : CallFormats.Plain;
        var format = CallFormats.Of(name, tokenizer);
        Assert.Equal(special && name != "llama", format.Shown.Count > 0);
        var tools = new ToolSet([CallFormats.Weather, CallFormats.Now], ToolChoice.Required);
        var grammar = format.Grammar(tools)!.Compile(Table(tokenizer));
        var several = 0;
        for (var seed = 0; seed < 60; seed++)
        {
            var parser = format.Parser(tools);
            var parts = parser.Push(RandomText(grammar, tokenizer, format, seed)).Concat(parser.Finish()).ToList();
            Assert.InRange(parts.Count, 1, ToolSet.MostCalls);
            Assert.All(parts, part => Check(part));
            several += parts.Count > 1 ? 1 : 0;
        }
        Assert.Equal(name != "llama", several > 0);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_named_function_is_the_only_one(string name, bool special)
    {
        var tokenizer = special ? CallFormats.Tokenizer : CallFormats.Plain;
        var format = CallFormats.Of(name, tokenizer);
        var tools = new ToolSet([CallFormats.Weather, CallFormats.Now], ToolChoice.Required, "now", parallel: false);
        var grammar = format.Grammar(tools)!.Compile(Table(tokenizer));
        for (var seed = 0; seed < 5; seed++)
        {
            var parser = format.Parser(tools);
            var part = Assert.Single(parser.Push(RandomText(grammar, tokenizer, format, seed)).Concat(parser.Finish()));
            Assert.Equal("now", part.Call!.Name);
            Check(part);
            Assert.True(parser.HasEnded);
        }
    }

    [Fact]
    public void An_answer_of_a_form_goes_beside_calls()
    {
        var format = CallFormats.Of("hermes");
        var tools = new ToolSet([CallFormats.Now]);
        Assert.Null(format.Grammar(tools));
        var grammar = format.Grammar(tools, Grammar.Choice("yes", "no"))!.Compile(Table(CallFormats.Tokenizer));
        var texts = Enumerable.Range(0, 60).Select(seed => RandomText(grammar, CallFormats.Tokenizer, format, seed)).ToHashSet();
        Assert.Contains("yes", texts);
        Assert.Contains("no", texts);
        Assert.Contains("<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>", texts);
        Assert.NotNull(format.Grammar(new ToolSet([CallFormats.Now], ToolChoice.None), Grammar.Literal("a")));
        Assert.Null(format.Grammar(new ToolSet([CallFormats.Now], ToolChoice.None)));
    }

    [Fact]
    public void What_functions_can_not_be_is_said()
    {
        Assert.Throws<BadRequestException>(() => new ToolFunction("a b"));
        Assert.Throws<BadRequestException>(() => new ToolFunction(""));
        Assert.Throws<BadRequestException>(() => new ToolFunction(new string('a', 65)));
        Assert.Throws<BadRequestException>(() => new ToolFunction("a", null, JsonElement.Parse("[]")));
        Assert.Throws<BadRequestException>(() => new ToolSet([]));
        Assert.Contains("now", Assert.Throws<BadRequestException>(() => new ToolSet([CallFormats.Now, CallFormats.Now])).Message);
        Assert.Throws<BadRequestException>(() => new ToolSet([CallFormats.Now], ToolChoice.Required, "later"));
        var strange = new ToolFunction("strange", null, JsonElement.Parse("""{"type": "object", "properties": {"a": {"not": {}}}}"""));
        var message = Assert.Throws<BadRequestException>(() => CallFormats.Of("hermes").Grammar(new ToolSet([strange], ToolChoice.Required))).Message;
        Assert.Contains("strange", message);
        Assert.Contains("not", message);
    }

    static TokenTable Table(ITokenizer tokenizer) => new(tokenizer, tokenizer.VocabularySize, new HashSet<int> { tokenizer.EosId!.Value });

    static void Check(AnswerPart part)
    {
        var call = Assert.IsType<Text.Chat.ChatToolCall>(part.Call);
        Assert.Equal(9, call.Id!.Length);
        Assert.Equal(JsonValueKind.Object, call.Arguments.ValueKind);
        if (call.Name == "now") Assert.Empty(call.Arguments.EnumerateObject());
        else Assert.InRange(call.Arguments.GetProperty("city").GetString()!.EnumerateRunes().Count(), 0, 12);
    }

    // Any of the allowed tokens, one after the other.
    static string RandomText(CompiledGrammar grammar, ITokenizer tokenizer, ToolCallFormat format, int seed)
    {
        var random = new Random(seed);
        var constraint = grammar.Start();
        var mask = new uint[(tokenizer.VocabularySize + 31) / 32];
        var decoder = new StreamingDecoder(tokenizer);
        var text = new System.Text.StringBuilder();
        while (true)
        {
            constraint.Mask(mask);
            var allowed = Enumerable.Range(0, tokenizer.VocabularySize).Where(id => (mask[id / 32] >> id % 32 & 1) != 0).ToList();
            if (allowed.Count == 0 || (constraint.MayEnd && random.Next(2) == 0)) return text.Append(decoder.Flush()).ToString();
            var id = allowed[random.Next(allowed.Count)];
            constraint.Accept(id);
            text.Append(format.Shown.Contains(id) ? decoder.Show(id) : decoder.Push(id));
        }
    }
}
