using System.Text;
using Moesaic.Text.Tokenizers;

namespace Moesaic.Text.Tests;

public class DecoderTests
{
    static string Decode(string json, params string[] tokens)
    {
        var output = new StringBuilder();
        var sink = DecoderReader.Read(JsonPart.Parse(Encoding.UTF8.GetBytes(json), "test")).Open(new BuilderSink(output));
        foreach (var token in tokens)
        {
            sink.Begin(literal: false);
            sink.Text(token);
            sink.End();
        }
        sink.Finish();
        return output.ToString();
    }

    [Fact]
    public void A_valid_run_of_bytes_is_text_and_an_invalid_one_a_replacement_per_byte()
    {
        const string Json = """{"type":"ByteFallback"}""";
        Assert.Equal("a€b", Decode(Json, "a", "<0xE2>", "<0x82>", "<0xAC>", "b"));
        Assert.Equal("a\uFFFD\uFFFDb", Decode(Json, "a", "<0xE2>", "<0x82>", "b"));
        Assert.Equal("\uFFFD\uFFFD", Decode(Json, "<0x41>", "<0xFF>"));
        Assert.Equal("<0xG1>\uFEFF", Decode(Json, "<0xG1>", "<0xEF>", "<0xBB>", "<0xBF>"));
    }

    [Fact]
    public void Byte_level_joins_bytes_across_tokens()
    {
        const string Json = """{"type":"ByteLevel"}""";
        Assert.Equal("é€", Decode(Json, "Ã", "©â", "Ĥ¬"));
        Assert.Equal("\uFFFDa", Decode(Json, "âĤ", "a"));
        Assert.Equal("a漢", Decode(Json, "a", "漢"));       // outside the alphabet: itself
    }

    [Theory]
    [InlineData(1, 0, "  a ", " a ")]
    [InlineData(2, 1, "   a  ", " a ")]
    [InlineData(0, 2, "a    ", "a  ")]
    [InlineData(5, 5, "  a  ", "a")]
    [InlineData(1, 1, "a b", "a b")]
    public void Strip_takes_off_so_many(int start, int stop, string token, string stripped)
    {
        var json = $$"""{"type":"Strip","content":" ","start":{{start}},"stop":{{stop}}}""";
        Assert.Equal(stripped + stripped, Decode(json, token, token));
        // Fused first, the tokens are one.
        Assert.Equal(Decode(json, token + "x" + token), Decode($$"""{"type":"Sequence","decoders":[{"type":"Fuse"},{{json}}]}""", token, "x", token));
    }

    [Fact]
    public void Marks_become_spaces_except_in_the_first_token()
    {
        Assert.Equal("a b", Decode("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}""", "▁a", "▁b"));
        Assert.Equal(" a b", Decode("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"never"}""", "▁a", "▁b"));
    }

    [Fact]
    public void Replacing_looks_at_each_token_whole()
    {
        Assert.Equal("xaab", Decode("""{"type":"Replace","pattern":{"String":"ab"},"content":"x"}""", "ab", "a", "a", "b"));
        Assert.Equal("a b", Decode("""{"type":"Replace","pattern":{"String":"▁"},"content":" "}""", "a▁", "b"));
    }

    [Fact]
    public void Without_a_decoder_tokens_stand_apart() => Assert.Equal("a b", Decode("null", "a", "b"));
}
