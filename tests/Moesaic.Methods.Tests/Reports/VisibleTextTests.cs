using Moesaic.Methods.Reports;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Tests.Reports;

public class VisibleTextTests
{
    [Theory]
    [InlineData("plain é 日本 😀", "plain é 日本 😀")]
    [InlineData("a\n\tb\r", "a↵⇥b‹000D›")]
    [InlineData("\u001b[31m\u0007\u009b\u007f", "‹001B›[31m‹0007›‹009B›‹007F›")]
    [InlineData("\u202eabc\u200b\u2028\ue000", "‹202E›abc‹200B›‹2028›‹E000›")]
    [InlineData("", "")]
    public void What_would_steer_a_terminal_is_only_shown(string text, string expected) => Assert.Equal(expected, VisibleText.Of(text));

    [Fact]
    public void Bytes_that_are_no_character_are_shown_by_their_numbers()
    {
        Assert.Equal("a‹E2›‹82›b", VisibleText.Of([0x61, 0xE2, 0x82, 0x62]));
        Assert.Equal("‹FF›␣x", VisibleText.Of([0xFF, 0x20, 0x78], spaces: true));
    }

    [Fact]
    public void A_piece_of_a_passage_has_its_number_before_its_line_end()
    {
        Assert.Equal("cat₁₀", new PassagePiece("cat", 10).Marked);
        Assert.Equal("↵₃\n", new PassagePiece("↵\n", 3).Marked);
        Assert.Equal("cat₋", new PassagePiece("cat", -1).Marked);
    }
}
