using Moesaic.Text.Tests;

namespace Moesaic.Inference.Tests;

public class ContinuationDecoderTests
{
    static readonly ByteTokenizer Tokenizer = new();

    [Fact]
    public void Only_the_continuation_is_text()
    {
        var decoder = new ContinuationDecoder(Tokenizer, Tokenizer.Encode("häh"));
        Assert.Equal("ü", string.Concat(Tokenizer.Encode("ü").Select(decoder.Push)));
        Assert.Equal("", decoder.Flush());
    }

    [Fact]
    public void A_character_begun_by_the_prompt_is_completed()
    {
        var bytes = Tokenizer.Encode("aé");
        var decoder = new ContinuationDecoder(Tokenizer, bytes.AsSpan(0, 2));
        Assert.Equal("é", decoder.Push(bytes[2]));
        Assert.Equal("b", decoder.Push('b'));
    }

    [Fact]
    public void A_broken_end_of_the_prompt_is_not_text_of_the_continuation()
    {
        var decoder = new ContinuationDecoder(Tokenizer, [0x61, 0xC3]);
        Assert.Equal("b", decoder.Push('b'));
    }
}
