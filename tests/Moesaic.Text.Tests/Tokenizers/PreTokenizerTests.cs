using Moesaic.Text.Tokenizers;

namespace Moesaic.Text.Tests;

/// <summary>Pieces as the Rust original cuts them, above all where its JavaScript port does otherwise.</summary>
public class PreTokenizerTests
{
    static string[] Cut(string json, string text, bool first = true)
    {
        var output = new List<Piece>();
        PreTokenizerReader.Read(JsonPart.Parse(System.Text.Encoding.UTF8.GetBytes(json), "test"))!.Apply(Piece.Whole(text, first), output);
        return [.. output.Select(p => p.Text.ToString())];
    }

    [Theory]
    [InlineData("Removed", "a|b")]
    [InlineData("Isolated", "a|-|-|b|-")]
    [InlineData("MergedWithPrevious", "a-|-|b-")]
    [InlineData("MergedWithNext", "a|-|-b|-")]
    [InlineData("Contiguous", "a|--|b|-")]
    public void Delimiters_go_where_the_behavior_says(string behavior, string pieces) =>
        Assert.Equal(pieces.Split('|'), Cut($$"""{"type":"Split","pattern":{"String":"-"},"behavior":"{{behavior}}","invert":false}""", "a--b-"));

    [Fact]
    public void Inverted_the_text_between_delimits() =>
        Assert.Equal(["ab", "c"], Cut("""{"type":"Split","pattern":{"Regex":"[a-z]+"},"behavior":"Removed","invert":true}""", "ab--c-"));

    [Fact]
    public void White_space_is_Unicodes()
    {
        const string Gpt2 = """{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}""";
        Assert.Equal(["a", "ĠÂħ"], Cut(Gpt2, "a \u0085"));         // one run: U+0085 is white space
        Assert.Equal(["a", "Ġï»¿"], Cut(Gpt2, "a \uFEFF"));        // a sign after a space: U+FEFF is none
        Assert.Equal(["a", "Ġ", "Ġï»¿"], Cut(Gpt2, "a  \uFEFF"));
    }

    [Theory]
    [InlineData(true, "Ġa", "Ġ-", "Ġb")]
    [InlineData(false, "a", "Ġ-", "Ġb")]
    public void A_prefix_space_is_added_once(bool add, params string[] pieces)
    {
        var json = $$"""{"type":"ByteLevel","add_prefix_space":{{(add ? "true" : "false")}},"use_regex":true}""";
        Assert.Equal(pieces, Cut(json, "a - b"));
        Assert.Equal(["Ġa"], Cut(json, " a"));
    }

    [Fact]
    public void Digits_of_every_script_are_digits()
    {
        Assert.Equal(["a", "1", "٢", "½", "b"], Cut("""{"type":"Digits","individual_digits":true}""", "a1٢½b"));
        Assert.Equal(["a", "1٢½", "b"], Cut("""{"type":"Digits","individual_digits":false}""", "a1٢½b"));
    }

    [Fact]
    public void Punctuation_is_ASCII_signs_and_Unicodes_punctuation() =>
        Assert.Equal(["a", "$", "+", "b€c", "¿", "d"], Cut("""{"type":"Punctuation"}""", "a$+b€c¿d"));

    [Fact]
    public void A_metaspace_splits_before_each_mark() =>
        Assert.Equal(["▁a", "▁", "▁b"], Cut("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""", "a  b"));

    [Theory]
    [InlineData("always", false, "▁a▁b")]
    [InlineData("first", true, "▁a▁b")]
    [InlineData("first", false, "a▁b")]
    [InlineData("never", true, "a▁b")]
    public void A_mark_is_put_before_as_the_scheme_says(string scheme, bool first, string piece)
    {
        var json = $$"""{"type":"Metaspace","replacement":"▁","prepend_scheme":"{{scheme}}","split":false}""";
        Assert.Equal([piece], Cut(json, "a b", first));
        Assert.Equal(["▁a"], Cut(json, " a", first));
    }

    [Fact]
    public void Old_files_say_add_prefix_space()
    {
        Assert.Equal(["▁a"], Cut("""{"type":"Metaspace","replacement":"▁","add_prefix_space":true}""", "a"));
        Assert.Equal(["a"], Cut("""{"type":"Metaspace","replacement":"▁","add_prefix_space":false}""", "a"));
    }
}
