namespace Moesaic.Inference.Tests;

public class StopScannerTests
{
    [Theory]
    [InlineData("one two three", "two", "one ", true)]
    [InlineData("one two three", "tow", "one two three", false)]
    [InlineData("aaab", "aab", "a", true)]
    [InlineData("aab", "b|abc", "aa", true)]        // b is complete first
    [InlineData("xabc", "bc|abc", "x", true)]       // both end here: the longer one
    [InlineData("no st", "stop", "no st", false)]   // held back, then let go
    [InlineData("end", "end", "", true)]
    [InlineData("text", "", "text", false)]
    public void Text_ends_before_the_stop_string(string text, string stops, string expected, bool stopped)
    {
        var list = stops.Split('|', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((expected, stopped), Run(list, [text]));
        Assert.Equal((expected, stopped), Run(list, text.Select(c => c.ToString())));
    }

    [Fact]
    public void Nothing_that_may_become_a_stop_string_is_let_out()
    {
        var scanner = new StopScanner(["</s>", "\nUser:"]);
        Assert.Equal("Hello", scanner.Push("Hello<"));
        Assert.Equal("", scanner.Push("/s"));
        Assert.Equal("</s", scanner.Push("\nUs"));
        Assert.Equal("\nUsual", scanner.Push("ual"));
        Assert.Equal(" ", scanner.Push(" </"));
        Assert.Equal("", scanner.Push("s> more"));
        Assert.True(scanner.Stopped);
    }

    [Fact]
    public void The_cut_does_not_depend_on_the_pieces()
    {
        var random = new Random(11);
        string Word(int longest) => string.Concat(Enumerable.Range(0, random.Next(1, longest + 1)).Select(_ => (char)('a' + random.Next(3))));
        for (var round = 0; round < 5_000; round++)
        {
            var text = Word(30);
            string[] stops = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Word(5))];
            var pieces = new List<string>();
            for (int at = 0, next; at < text.Length; at = next)
                pieces.Add(text[at..(next = Math.Min(text.Length, at + random.Next(0, 6)))]);
            Assert.Equal(Plain(text, stops), Run(stops, pieces));
        }
    }

    // Character by character: does the text so far end with a stop string?
    static (string, bool) Plain(string text, string[] stops)
    {
        for (var end = 1; end <= text.Length; end++)
            if (stops.Where(s => text[..end].EndsWith(s, StringComparison.Ordinal)).MaxBy(s => s.Length) is { } stop)
                return (text[..(end - stop.Length)], true);
        return (text, false);
    }

    static (string, bool) Run(IReadOnlyList<string> stops, IEnumerable<string> pieces)
    {
        var scanner = new StopScanner(stops);
        var text = "";
        foreach (var piece in pieces)
        {
            text += scanner.Push(piece);
            if (scanner.Stopped) return (text, true);
        }
        return (text + scanner.Flush(), false);
    }
}
