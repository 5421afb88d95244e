using System.Text;
using Moesaic.Text.Tokenizers;

namespace Moesaic.Text.Tests;

public class StreamingDecoderTests
{
    public static TheoryData<string> Tokenizers =>
        ["llama3", "gpt2_prefix", "qwen", "mistral", "llama2", "unigram", "bpe"];

    /// <summary>Random ids are mostly broken characters; ids of lines are whole ones. Both stream as they decode.</summary>
    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Pieces_join_to_the_whole_and_are_never_half_a_character(string name)
    {
        var tokenizer = TokenizerLoader.Load(Golden.Path($"Tokenizers/{name}"));
        var random = new Random(1);
        foreach (var skipSpecial in new[] { true, false })
        {
            for (var round = 0; round < 1500; round++)
            {
                var ids = round % 2 == 0
                    ? Enumerable.Range(0, random.Next(40)).Select(_ => random.Next(round % 4 == 0 ? 300 : tokenizer.VocabularySize)).ToArray()
                    : tokenizer.Encode(GoldenLines.All[random.Next(GoldenLines.All.Length)]);
                var whole = tokenizer.Decode(ids, skipSpecial);
                Assert.Equal(whole, Stream(tokenizer, ids, skipSpecial));
            }
        }
    }

    [Fact]
    public void A_character_comes_when_its_last_byte_is_there()
    {
        var tokenizer = TokenizerLoader.Load(Golden.Path("Tokenizers/gpt2"));
        var decoder = new StreamingDecoder(tokenizer);
        var bytes = "a😀"u8.ToArray().Select(b => tokenizer.IdOf(ByteAlphabet.CharacterOf(b).ToString())!.Value).ToArray();
        Assert.Equal(["a", "", "", "", "😀"], bytes.Select(decoder.Push));
        Assert.Equal("", decoder.Flush());
        Assert.Equal(["", ""], bytes[1..3].Select(decoder.Push));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal("a", decoder.Push(bytes[0]));
    }

    [Fact]
    public void Text_is_not_held_back_without_need()
    {
        var tokenizer = TokenizerLoader.Load(Golden.Path("Tokenizers/mistral"));
        var decoder = new StreamingDecoder(tokenizer);
        foreach (var id in tokenizer.Encode("the wolni i równi pod", addSpecial: false))
            Assert.NotEqual("", decoder.Push(id));
    }

    [Fact]
    public void A_tokenizer_of_another_make_streams_by_its_bytes()
    {
        var tokenizer = new ByteTokenizer(false, "</s>");
        var ids = Encoding.UTF8.GetBytes("né😀").Select(b => (int)b).Append(256).Append(0xE2).ToArray();
        Assert.Equal("né😀\uFFFD", Stream(tokenizer, ids, true));
        Assert.Equal("né😀</s>\uFFFD", Stream(tokenizer, ids, false));
    }

    static string Stream(ITokenizer tokenizer, int[] ids, bool skipSpecial)
    {
        var decoder = new StreamingDecoder(tokenizer, skipSpecial);
        var joined = new StringBuilder();
        foreach (var id in ids)
        {
            var piece = decoder.Push(id);
            Assert.False(piece.Length > 0 && (char.IsHighSurrogate(piece[^1]) || char.IsLowSurrogate(piece[0])));
            joined.Append(piece);
        }
        return joined.Append(decoder.Flush()).ToString();
    }
}
