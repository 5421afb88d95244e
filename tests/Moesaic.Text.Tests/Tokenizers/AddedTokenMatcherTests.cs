using Moesaic.Text.Tokenizers;

namespace Moesaic.Text.Tests;

public class AddedTokenMatcherTests
{
    static string Cut(string text, bool parseSpecial, params AddedToken[] tokens) => string.Join('|',
        new AddedTokenMatcher(tokens.Select(t => (t.Content, t))).Cut(text, parseSpecial)
            .Select(p => (p.Token is null ? "" : p.Token.Id + ":") + text[p.Start..p.End]));

    [Fact]
    public void The_leftmost_then_longest_token_is_found() =>
        Assert.Equal("x|1:<ab>|2:<ab>c|<a", Cut("x<ab><ab>c<a", true, new(1, "<ab>"), new(2, "<ab>c"), new(3, "b><")));

    [Fact]
    public void Special_tokens_are_text_when_not_parsed_and_others_are_not() =>
        Assert.Equal("<s>|2:<t>", Cut("<s><t>", false, new(1, "<s>"), new(2, "<t>", Special: false)));

    [Theory]
    [InlineData("a tok b", "a |1:tok| b")]
    [InlineData("atok", "atok")]
    [InlineData("tok_", "tok_")]
    [InlineData("‘tok’", "‘|1:tok|’")]
    [InlineData("tok𐐨", "tok𐐨")]
    [InlineData("e\u0301tok", "e\u0301tok")]
    public void A_single_word_stands_alone(string text, string parts) =>
        Assert.Equal(parts, Cut(text, true, new AddedToken(1, "tok", SingleWord: true)));

    [Fact]
    public void Stripping_tokens_swallow_white_space()
    {
        Assert.Equal("a|1: \u0085\n<m>| b", Cut("a \u0085\n<m> b", true, new AddedToken(1, "<m>", StripLeft: true)));
        Assert.Equal("a |1:<m> \u2003|b", Cut("a <m> \u2003b", true, new AddedToken(1, "<m>", StripRight: true)));
        Assert.Equal("1:<m>|\uFEFF", Cut("<m>\uFEFF", true, new AddedToken(1, "<m>", StripRight: true)));
        // White space that one token has swallowed is not there for the next.
        Assert.Equal("1:<m>  |1:<m>", Cut("<m>  <m>", true, new AddedToken(1, "<m>", StripLeft: true, StripRight: true)));
    }

    static string Cut(string text, IReadOnlyList<Range> strangers, params AddedToken[] tokens) => string.Join('|',
        new AddedTokenMatcher(tokens.Select(t => (t.Content, t))).Cut(text, new Strangers(strangers))
            .Select(p => (p.Token is null ? "" : p.Token.Id + ":") + text[p.Start..p.End]));

    [Fact]
    public void What_touches_the_words_of_strangers_is_text()
    {
        AddedToken s = new(1, "<s>"), t = new(2, "<t>", Special: false), longer = new(3, "<s>!");
        Assert.Equal("1:<s>|<s>|1:<s>", Cut("<s><s><s>", [3..6], s));
        Assert.Equal("<s><s>|1:<s>", Cut("<s><s><s>", [2..4], s));
        Assert.Equal("<s>|2:<t>|1:<s>", Cut("<s><t><s>", [0..6], s, t));
        // A stranger's end of a name does not take a shorter name away, nor his beginning the next one.
        Assert.Equal("1:<s>|!", Cut("<s>!", [3..4], s, longer));
        Assert.Equal("<|1:<s>", Cut("<<s>", [0..1], s, new AddedToken(4, "<<")));
    }

    [Fact]
    public void Strangers_are_found_among_many_parts_from_any_place()
    {
        Range[] ranges = [2..4, 4..5, 9..12];
        var strangers = new Strangers(ranges);
        for (var start = 0; start < 14; start++)
            for (var end = start + 1; end <= 14; end++)
            {
                var touch = ranges.Any(r => r.Start.Value < end && start < r.End.Value);
                var cover = ranges.Any(r => r.Start.Value <= start && end <= r.End.Value);
                Assert.Equal((touch, cover), (strangers.Touch(start, end), strangers.Cover(start, end)));
                Assert.Equal((touch, cover), (strangers.From(start).Touch(0, end - start), strangers.From(start).Cover(0, end - start)));
                Assert.Equal(touch, strangers.From(1).Mapped(13, at => 2 * at).Touch(2 * start - 2, 2 * end - 2) || (start == 0 && touch));
            }
    }
}
