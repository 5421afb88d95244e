using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Moesaic.Text.Tests;

/// <summary>Byte-level BPE without a normalizer loses nothing.</summary>
public class RoundTripTests
{
    [Theory]
    [InlineData("byte_level")]
    [InlineData("gpt2")]
    [InlineData("gpt4o")]
    [InlineData("deepseek")]
    public void Decoding_gives_the_encoded_text_back(string name)
    {
        var tokenizer = TokenizerLoader.Load(Golden.Path($"Tokenizers/{name}"));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000).WithReplay(new Replay(new Rnd(11, 13), null)),
            Prop.ForAll(Texts().ToArbitrary(), text => Equal(tokenizer, text)));
    }

    [Fact]
    public void Unpaired_surrogates_and_invalid_bytes_become_replacement_characters()
    {
        var tokenizer = TokenizerLoader.Load(Golden.Path("Tokenizers/byte_level"));
        Assert.Equal(tokenizer.Encode("a\uFFFDb\uFFFD"), tokenizer.Encode("a\uD800b\uDC00"));
        Assert.Equal(tokenizer.Encode("a\uFFFDb\uFFFD\uFFFD"), tokenizer.Encode([(byte)'a', 0xE2, 0x82, (byte)'b', 0xFF, 0xC0]));
    }

    static bool Equal(ITokenizer tokenizer, string text) =>
        tokenizer.Decode(tokenizer.Encode(text, parseSpecial: false)) == text
        && Encoding.UTF8.GetString([.. tokenizer.Encode(text, addSpecial: false, parseSpecial: false)
            .SelectMany(id => tokenizer.TokenBytes(id).ToArray())]) == text;

    static Gen<string> Texts()
    {
        var character = Gen.Frequency<Rune>(
            (4, Gen.Choose(0x20, 0x7E).Select(c => new Rune(c))), (2, Gen.Choose(0, 0x2FF).Select(c => new Rune(c))),
            (1, Gen.Elements<Rune>([new(' '), new('\n'), new('\r'), new('\t'), new('\''), new(0x3000)])),
            (1, Gen.Choose(0, 0xD7FF).Select(c => new Rune(c))), (1, Gen.Choose(0xE000, 0x10FFFF).Select(c => new Rune(c))));
        return character.ListOf().Select(runes => string.Concat(runes.Select(r => r.ToString())));
    }
}
