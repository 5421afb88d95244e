using System.Text;
using System.Text.Json;

namespace Moesaic.Inference.Tests;

public class MaskTests
{
    static readonly TokenTable Table = ConstrainedText.Table;

    static readonly string[] Schemas =
    [
        """{"type":"object","properties":{"name":{"type":"string","minLength":2,"maxLength":9},"n":{"type":"integer"}},"required":["n"],"additionalProperties":true}""",
        """{"type":"array","items":{"anyOf":[{"type":"string","pattern":"^[a-z ]*$"},{"type":"number","minimum":-2.5,"maximum":130},{"const":"the end"}]}}""",
        """{"type":"array","items":{"type":"string","minLength":3}}""",
        "{}",
    ];

    [Fact]
    public void A_mask_is_what_trying_each_token_alone_gives()
    {
        var (checks, random) = (0, new Random(4));
        foreach (var schema in Schemas)
        {
            for (var round = 0; round < 6; round++)
            {
                var constraint = Grammar.JsonSchema(Parse(schema)).Compile(Table).Start();
                for (var step = 0; step < 25; step++)
                {
                    var mask = Mask(constraint);
                    var naive = new uint[mask.Length];
                    for (var id = 0; id < Table.VocabularySize; id++)
                        if (((GrammarConstraint)constraint.Clone()).TryAccept(id)) TokenMask.Add(naive, id);
                    Assert.Equal(naive, mask);
                    checks++;
                    var allowed = Enumerable.Range(0, Table.VocabularySize).Where(id => TokenMask.Has(mask, id)).ToList();
                    if (allowed.Count == 0) break;
                    // Long tokens and closing ones lead to rarer places.
                    allowed = step % 3 == 0 ? [.. allowed.OrderByDescending(id => Table.Bytes(id).Length).Take(40)] : allowed;
                    constraint.Accept(allowed[random.Next(allowed.Count)]);
                }
            }
        }
        Assert.True(checks > 200);
    }

    [Fact]
    public void Special_tokens_are_no_text()
    {
        var constraint = Grammar.JsonValue().Compile(Table).Start();
        constraint.Accept(ConstrainedText.Tokenizer.Encode("\"", addSpecial: false)[0]);
        var mask = Mask(constraint);
        Assert.All(ConstrainedText.Tokenizer.SpecialIds, id => Assert.False(TokenMask.Has(mask, id)));
        Assert.True(TokenMask.Has(mask, ConstrainedText.Tokenizer.Encode("a", addSpecial: false)[0]));
    }

    [Fact]
    public void A_token_that_is_not_allowed_is_refused_and_changes_nothing()
    {
        var constraint = Grammar.Literal("yes").Compile(Table).Start();
        Assert.Throws<InvalidOperationException>(() => constraint.Accept(Id("n")));
        constraint.Accept(Id("y"));
        Assert.False(constraint.MayEnd);
        constraint.Accept(Id("e"));
        constraint.Accept(Id("s"));
        Assert.True(constraint.MayEnd);
        Assert.DoesNotContain(Mask(constraint), word => word != 0);
    }

    [Fact]
    public void Clones_go_their_own_way()
    {
        var one = Grammar.Choice("ab", "ac").Compile(Table).Start();
        one.Accept(Id("a"));
        var other = one.Clone();
        one.Accept(Id("b"));
        Assert.True(one.MayEnd);
        Assert.False(other.MayEnd);
        other.Accept(Id("c"));
        Assert.True(other.MayEnd);
    }

    [Fact]
    public void Every_string_of_a_json_writer_is_allowed_and_ill_formed_ones_are_not()
    {
        var random = new Random(9);
        var grammar = Grammar.JsonValue().Compile(Bytes.Table);
        for (var round = 0; round < 500; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Scalar(random).ToString()));
            Assert.True(Bytes.Allows(grammar, Encoding.UTF8.GetBytes(JsonSerializer.Serialize(text))));
            Assert.True(Bytes.Allows(grammar, JsonText.Quote(text)));
        }
        for (var round = 0; round < 20_000; round++)
        {
            var inner = new byte[random.Next(1, 5)];
            random.NextBytes(inner);
            if (round % 2 == 0) inner[0] |= 0xE0;
            byte[] quoted = [(byte)'"', .. inner, (byte)'"'];
            Assert.Equal(IsJson(quoted), Bytes.Allows(grammar, quoted));
        }
    }

    [Theory]
    [InlineData("\"\\ud83d\\ude00\"", true)]
    [InlineData("\"\\uD83D\\uDE00\"", true)]
    [InlineData("\"\\ud83d\"", false)]
    [InlineData("\"\\ude00\"", false)]
    [InlineData("\"\\ud83dx\"", false)]
    [InlineData("\"\\ud83d\\u0041\"", false)]
    [InlineData("\"\\uD7FF\\ue000\"", true)]
    [InlineData("[1, 2,\n\t3]", true)]
    [InlineData("[1 ,2]", false)]
    [InlineData("01", false)]
    [InlineData("-0.5e-07", true)]
    [InlineData("{\"a\":{\"b\":[]}, \"c\": null}", true)]
    [InlineData("{\"a\":1,}", false)]
    [InlineData("tru", false)]
    public void Json_is_json(string text, bool expected) =>
        Assert.Equal(expected, Bytes.Allows(Grammar.JsonValue().Compile(Bytes.Table), Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Nesting_ends()
    {
        var constraint = Grammar.JsonValue().Compile(Bytes.Table).Start();
        var depth = 0;
        while (TokenMask.Has(Mask(constraint), '['))
        {
            constraint.Accept('[');
            depth++;
        }
        Assert.Equal(GrammarLimits.Nesting, depth);
        while (depth-- > 0) constraint.Accept(']');
        Assert.True(constraint.MayEnd);
    }

    [Fact]
    public void Tools_are_sequences_of_texts_tokens_and_schemas()
    {
        var tool = Grammar.Sequence(
            Grammar.Token(Bytes.Special), Grammar.Literal("{\"name\": \"f\", \"arguments\": "),
            Grammar.JsonSchema(Parse("""{"type":"object","properties":{"x":{"type":"integer"}}}""")), Grammar.Literal("}"));
        var constraint = Grammar.Repeat(tool, 1, 2).Compile(Bytes.Table).Start();
        for (var i = 0; i < 2; i++)
        {
            var mask = Mask(constraint);
            Assert.Equal(1, mask.Sum(word => System.Numerics.BitOperations.PopCount(word)));
            Assert.True(TokenMask.Has(mask, Bytes.Special));
            Assert.Equal(i == 1, constraint.MayEnd);
            constraint.Accept(Bytes.Special);
            foreach (var value in "{\"name\": \"f\", \"arguments\": {\"x\":12}}"u8) constraint.Accept(value);
        }
        Assert.True(constraint.MayEnd);
        Assert.DoesNotContain(Mask(constraint), word => word != 0);
    }

    static bool IsJson(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            document.RootElement.GetString();
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    static Rune Scalar(Random random)
    {
        while (true)
        {
            var value = random.Next(3) switch { 0 => random.Next(0x80), 1 => random.Next(0x3000), _ => random.Next(0x110000) };
            if (Rune.IsValid(value)) return new Rune(value);
        }
    }

    static uint[] Mask(ITokenConstraint constraint)
    {
        var mask = new uint[TokenMask.Words(constraint is GrammarConstraint g ? g.VocabularySize : 0)];
        constraint.Mask(mask);
        return mask;
    }

    static JsonElement Parse(string json) => JsonDocument.Parse(json).RootElement.Clone();

    static int Id(string text) => ConstrainedText.Tokenizer.Encode(text, addSpecial: false) is [var id] ? id : throw new ArgumentException(text, nameof(text));
}
