using Moesaic.Formats;

namespace Moesaic.Text.Tests;

/// <summary>What can not be read exactly is refused, and the message says what and where.</summary>
public class TokenizerLoaderTests
{
    const string Model = """{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}""";

    static ITokenizer Load(string json, string? config = null)
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", json);
        if (config is not null) folder.Write("tokenizer_config.json", config);
        return TokenizerLoader.Load(folder.Path);
    }

    [Fact]
    public void The_least_tokenizer_works()
    {
        var tokenizer = Load($$"""{"model":{{Model}}}""");
        Assert.Equal([2], tokenizer.Encode("ab"));
        Assert.Equal(3, tokenizer.VocabularySize);
        Assert.Null(tokenizer.BosId);
    }

    [Theory]
    [InlineData("""{"model":{"type":"WordPiece"}}""", "WordPiece")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}""", "'b'")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}}""", "same id 0")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}""", "whole number")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":99999999},"merges":[]}}""", "99999999")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a"]}}""", "merges[0]")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1}}""", "dropout")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"u"}}""", "'u'")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"surprise":1}}""", "surprise")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"BertNormalizer"}}""", "BertNormalizer")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"UnicodeScripts"}}""", "UnicodeScripts")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"decoder":{"type":"CTC"}}""", "CTC")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"post_processor":{"type":"New"}}""", "New")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[{"id":0,"content":"x"}]}""", "belongs to 'a'")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[{"id":1,"content":"a"}]}""", "two ids")]
    [InlineData("""{"model":""", "not valid JSON")]
    [InlineData("[]", "object")]
    public void Faults_are_named(string json, string said)
    {
        var error = Assert.Throws<BadModelException>(() => Load(json));
        Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_role_the_vocabulary_does_not_have_is_refused()
    {
        var error = Assert.Throws<BadModelException>(() => Load($$"""{"model":{{Model}}}""", """{"eos_token":{"content":"</s>"}}"""));
        Assert.Contains("eos_token is '</s>'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokens_of_the_config_are_added()
    {
        var tokenizer = Load($$"""{"model":{{Model}}}""",
            """{"eos_token":"<e>","added_tokens_decoder":{"7":{"content":"<e>","special":true}},"additional_special_tokens":["b"]}""");
        Assert.Equal((8, 7), (tokenizer.VocabularySize, tokenizer.EosId));
        Assert.Equal([2, 7], tokenizer.Encode("ab<e>"));
        Assert.Equal([1, 7], tokenizer.SpecialIds.Order());
        Assert.Empty(tokenizer.TokenBytes(5).ToArray());
        Assert.Equal("", tokenizer.Decode([5, 6, 100, -1]));
    }

    [Fact]
    public void Text_that_would_be_lost_is_refused()
    {
        var tokenizer = Load($$"""{"model":{{Model}}}""");
        Assert.Contains("U+1F44D", Assert.Throws<BadModelException>(() => tokenizer.Encode("a👍")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_characters_fuse_when_told()
    {
        const string Unknown = """{"model":{"type":"BPE","vocab":{"a":0,"?":1},"merges":[],"unk_token":"?","fuse_unk":FUSE}}""";
        Assert.Equal([0, 1, 1, 0], Load(Unknown.Replace("FUSE", "false", StringComparison.Ordinal)).Encode("axya"));
        Assert.Equal([0, 1, 0], Load(Unknown.Replace("FUSE", "true", StringComparison.Ordinal)).Encode("axya"));
    }

    [Fact]
    public void A_folder_without_a_tokenizer_is_said_to_have_none()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("neither", Assert.Throws<BadModelException>(() => TokenizerLoader.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sentencepiece_model_adds_bos_and_parses_control_pieces_as_told()
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.model", File.ReadAllBytes(Golden.Path("Tokenizers/bpe/tokenizer.model")));
        var tokenizer = TokenizerLoader.Load(folder.Path);
        Assert.Equal((1, 2, 1500), (tokenizer.BosId, tokenizer.EosId, tokenizer.VocabularySize));
        Assert.Equal([1, 2], tokenizer.Encode("</s>"));
        Assert.DoesNotContain(2, tokenizer.Encode("</s>", parseSpecial: false));
        folder.Write("tokenizer_config.json", """{"add_bos_token":false,"add_eos_token":true}""");
        folder.Write("added_tokens.json", """{"<new>":1500}""");
        tokenizer = TokenizerLoader.Load(folder.Path);
        Assert.Equal([1500, 2], tokenizer.Encode("<new>"));
        Assert.Equal([0xE2], tokenizer.TokenBytes(tokenizer.IdOf("<0xE2>")!.Value).ToArray());
        Assert.Equal("<new>", tokenizer.Decode([1, 1500, 2]));
    }

    /// <summary>Text is cut before a mark for speed; a token that reaches across must keep that from happening.</summary>
    [Fact]
    public void Merges_may_reach_across_a_mark()
    {
        const string Json = """{"model":{"type":"BPE","vocab":{"a":0,"▁":1,"▁a":2,"a▁a":3},"merges":["▁ a"MORE]}}""";
        Assert.Equal([0, 2, 2], Load(Json.Replace("MORE", "", StringComparison.Ordinal)).Encode("a▁a▁a"));
        Assert.Equal([3, 2], Load(Json.Replace("MORE", ",\"a ▁a\"", StringComparison.Ordinal)).Encode("a▁a▁a"));
    }
}
