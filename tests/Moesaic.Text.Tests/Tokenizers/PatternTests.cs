using Moesaic.Formats;
using Moesaic.Text.Tokenizers;

namespace Moesaic.Text.Tests;

/// <summary>Regular expressions mean what they mean to the Rust tokenizers (Oniguruma), not to .NET or JavaScript.</summary>
public class PatternTests
{
    static string[] Matches(string pattern, string text) =>
        [.. new Pattern(pattern, "test").Matches(text).Select(m => text[m.Start..m.End])];

    [Theory]
    [InlineData("ab|cd", "abxcd", "ab,cd")]
    [InlineData("a*?b", "aab b", "aab,b")]
    [InlineData("(?:ab){2,3}", "ababababab", "ababab,abab")]
    [InlineData("(?:ab){1,2}?c", "ababc", "ababc")]
    [InlineData("a++b|a+c", "aac", "aac")]
    [InlineData("(?>a|ab)c|ab", "abc", "ab")]
    [InlineData("(?:a|ab)*+c|b", "abac", "b,ac")]
    [InlineData(@"\d{2}", "12345", "12,34")]
    [InlineData(@"x{,2}y", "xxxy", "xxy")]
    [InlineData(@"a{x", "a{x", "a{x")]
    [InlineData(@"\s+(?!\S)|\s+", "a   b", "  , ")]
    [InlineData(@"(?<=a)b|(?<!a)c", "abaccb", "b,c")]
    [InlineData(@"^a|b$", "a\nab\nb", "a,a,b,b")]
    [InlineData(@"\Aa|b\z", "aab\nb", "a,b")]
    [InlineData("[^a-c]+", "abcxyzb", "xyz")]
    [InlineData(@"[\p{L}&&[^a-c]]+", "abcxyz1", "xyz")]
    [InlineData(@"[]a]+", "]a]b", "]a]")]
    [InlineData(@"[a\-z]+", "a-zb", "a-z")]
    [InlineData(@"[\x{4E00}-\u9FFF]+", "ab漢字", "漢字")]
    [InlineData("[[:digit:]]+", "a12", "12")]
    public void Syntax(string pattern, string text, string matches) => Assert.Equal(matches.Split(','), Matches(pattern, text));

    [Theory]
    [InlineData(@"\p{L}+", "a𝒳𐐷𠀀b!", "a𝒳𐐷𠀀b")]           // astral letters are letters
    [InlineData(@"\p{N}{1,3}", "1𝟘𝟙𝟚", "1𝟘𝟙,𝟚")]
    [InlineData(@"[^\s\p{L}\p{N}]", "👍", "👍")]            // one code point, not two units
    [InlineData(@".", "👍", "👍")]
    [InlineData(@"\s+", "a\u0085\u2028\u00A0b", "\u0085\u2028\u00A0")]
    [InlineData(@"\S+", "\uFEFF\u180E\u200B \u001C", "\uFEFF\u180E\u200B,\u001C")] // no white space, though JavaScript's \s has U+FEFF
    [InlineData(@"(?i:'s)", "'S'ſ", "'S,'ſ")]               // the long s folds to s
    [InlineData(@"(?i:k)K", "KK", "KK")]
    [InlineData(@"(?i)[a-z]+(?-i)[A-Z]", "KbXc", "KbX")]
    [InlineData(@"(?i:[^s])", "sSſx", "x")]
    [InlineData(@"\w+", "a_1é\u0301ⅷ²-", "a_1é\u0301ⅷ")]
    [InlineData(@"\p{Lu}\p{Ll}\P{L}\p{^L}", "Ab12", "Ab12")]
    public void Unicode(string pattern, string text, string matches) => Assert.Equal(matches.Split(','), Matches(pattern, text));

    /// <summary>In Oniguruma x{n,m}+ repeats the repetition; elsewhere it is possessive.</summary>
    [Fact]
    public void A_plus_behind_an_interval_repeats() => Assert.Equal(["1234567"], Matches(@"\p{N}{1,3}+", "1234567"));

    [Fact]
    public void Empty_matches_count_once_and_not_behind_a_match()
    {
        Assert.Equal([(0, 2), (3, 3)], new Pattern("a*", "test").Matches("aab"));
        Assert.Equal([(0, 0), (2, 2)], new Pattern("x*", "test").Matches("👍"));
    }

    [Theory]
    [InlineData("(a", "'('")]
    [InlineData("a)", "')'")]
    [InlineData("[a", "'['")]
    [InlineData("*a", "nothing to repeat")]
    [InlineData("(?:a*)*", "may be empty")]
    [InlineData("a{3,2}", "maximum")]
    [InlineData(@"\p{Han}", "Han")]
    [InlineData(@"\b", @"\b")]
    [InlineData(@"(?<name>a)", "not supported")]
    [InlineData(@"(?<=ab)c", "look behind")]
    [InlineData(@"[b-a]", "high to low")]
    [InlineData(@"\x{110000}", "110000")]
    [InlineData(@"(?:(?:(?:a{2}b){9999}){9999}){9999}", "too large")]
    public void What_is_wrong_or_not_supported_is_said(string pattern, string said)
    {
        var error = Assert.Throws<BadModelException>(() => new Pattern(pattern, "tokenizer.json, pre_tokenizer"));
        Assert.StartsWith("tokenizer.json, pre_tokenizer: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_runaway_pattern_is_stopped()
    {
        var error = Assert.Throws<BadModelException>(() => Matches("(?:(?:a|a)(?:a|a))+b", new string('a', 60)));
        Assert.Contains("tries too many ways", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_text_neither_overflows_the_stack_nor_takes_quadratic_time()
    {
        var spaces = new string(' ', 1_000_000);
        Assert.Equal([(0, 999_999), (999_999, 1_000_000), (1_000_000, 1_000_001)],
            new Pattern(ByteLevelBpeOptions.Llama3Pattern, "test").Matches(spaces + "1"));
        Assert.Single(new Pattern("(?:ab|cd)+", "test").Matches(string.Concat(Enumerable.Repeat("abcd", 250_000))));
    }
}
