using Moesaic.Formats;
using Moesaic.Text.Chat;

namespace Moesaic.Text.Tests;

/// <summary>A tokenizer written as GGUF keys, read from them, and rebuilt as tokenizer.json gives the same ids each time.</summary>
public class GgufTokenizerTests
{
    static GgufMetadata Write(string name, int size = 4096)
    {
        var metadata = new GgufMetadata("test.gguf");
        GgufTokenizer.Write(Golden.Path($"Tokenizers/{name}"), size, metadata);
        return metadata;
    }

    static GgufMetadata Changed(string name, string key, GgufValue value)
    {
        var metadata = Write(name);
        metadata.Set(key, value);
        return metadata;
    }

    [Theory]
    [InlineData("byte_level", "gpt2", "smaug-bpe")]
    [InlineData("llama3", "gpt2", "llama-bpe")]
    [InlineData("gpt2", "gpt2", "gpt-2")]
    [InlineData("qwen", "gpt2", "qwen2")]
    [InlineData("gpt4o", "gpt2", "gpt-4o")]
    [InlineData("deepseek", "gpt2", "deepseek-v3")]
    [InlineData("llama2", "llama", "default")]
    [InlineData("mistral", "llama", "default")]
    [InlineData("bpe", "llama", "default")]
    public void Ids_are_equal_both_ways(string name, string model, string pre)
    {
        var metadata = Write(name);
        Assert.Equal(model, metadata.Text("tokenizer.ggml.model"));
        Assert.Equal(pre, metadata.Text("tokenizer.ggml.pre"));
        Assert.Equal(4096, metadata.TextsOrNull("tokenizer.ggml.tokens")!.Count);

        using var folder = new TemporaryFolder();
        foreach (var (file, bytes) in GgufTokenizer.HuggingFaceFiles(metadata)) folder.Write(file, bytes);
        var original = TokenizerLoader.Load(Golden.Path($"Tokenizers/{name}"));
        ITokenizer[] copies = [GgufTokenizer.Load(metadata), TokenizerLoader.Load(folder.Path)];
        // What Mistral's Metaspace does with a leading space GGUF cannot say; the user is told.
        foreach (var line in GoldenLines.All.Where(l => name != "mistral" || !(l.StartsWith(' ') || l.StartsWith('▁'))))
        {
            var expected = original.Encode(line, parseSpecial: false);
            foreach (var copy in copies)
            {
                Assert.Equal(expected, copy.Encode(line, parseSpecial: false));
                Assert.Equal(original.Decode(expected), copy.Decode(expected));
            }
        }
        foreach (var copy in copies)
        {
            if (original.BosId is { } bos) Assert.Equal(bos, copy.BosId);
            Assert.Equal((original.EosId, original.PadId), (copy.EosId, copy.PadId));
            // Only tokenizer.json counts the unknown token among the special ones.
            Assert.Equal(Special(original), Special(copy));
        }

        IEnumerable<int> Special(ITokenizer tokenizer) => tokenizer.SpecialIds
            .Where(id => id != metadata.IntOrNull("tokenizer.ggml.unknown_token_id") && original.TokenBytes(id).Length > 0).Order();
    }

    [Fact]
    public void Special_tokens_in_a_text_are_found()
    {
        var original = TokenizerLoader.Load(Golden.Path("Tokenizers/qwen"));
        var copy = GgufTokenizer.Load(Write("qwen"));
        foreach (var text in (string[])["<|im_start|>user\nhi<|end|>", "a<sep>b", "<|end|><|end|>"])
            Assert.Equal(original.Encode(text), copy.Encode(text));
    }

    [Fact]
    public void A_unigram_model_is_carried_but_is_no_tokenizer_json()
    {
        var original = TokenizerLoader.Load(Golden.Path("Tokenizers/unigram"));
        var metadata = Write("unigram");
        var copy = GgufTokenizer.Load(metadata);
        foreach (var line in GoldenLines.All) Assert.Equal(original.Encode(line, parseSpecial: false), copy.Encode(line, parseSpecial: false));
        Assert.Contains("type t5", Assert.Throws<BadModelException>(() => GgufTokenizer.HuggingFaceFiles(metadata)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("digits", "cuts text into words")]
    [InlineData("gpt2_prefix", "cuts text into words")]
    public void What_GGUF_cannot_say_is_refused(string name, string reason) =>
        Assert.Contains(reason, Assert.Throws<BadRequestException>(() => Write(name)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_vocabulary_that_does_not_fit_the_model_is_refused() =>
        Assert.Contains("embeddings for 100", Assert.Throws<BadRequestException>(() => Write("llama3", 100)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("tokenizer.ggml.model", "wordpiece", "supported are llama, gpt2 and t5")]
    [InlineData("tokenizer.ggml.pre", "kimi-k2", "\"kimi-k2\" is not supported")]
    public void Unknown_kinds_are_refused_by_name(string key, string value, string said) => Assert.Contains(
        said, Assert.Throws<BadModelException>(() => GgufTokenizer.Load(Changed("llama3", key, GgufValue.Of(value)))).Message, StringComparison.Ordinal);

    [Fact]
    public void Damaged_keys_are_refused()
    {
        Refused("tokenizer.ggml.bos_token_id", GgufValue.Of(4096u), "from 0 to 4095");
        Refused("tokenizer.ggml.token_type", GgufValue.Of([1, 2]), "2 elements for 4096 tokens");
        Refused("tokenizer.ggml.token_type", GgufValue.Of(new int[4096]), "unknown type 0");
        Refused("tokenizer.ggml.tokens", GgufValue.Of(Array.Empty<string>()), "0 tokens");
        Refused("tokenizer.ggml.tokens", GgufValue.Of(1u), "array of String");
        Refused("tokenizer.ggml.merges", GgufValue.Of(["a"]), "two tokens");
        Refused("tokenizer.ggml.add_bos_token", GgufValue.Of(1u), "true or false");

        static void Refused(string key, GgufValue value, string said) => Assert.Contains(
            said, Assert.Throws<BadModelException>(() => GgufTokenizer.Load(Changed("llama3", key, value))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_a_tokenizer_says_so()
    {
        using var folder = new TemporaryFolder();
        var metadata = new GgufMetadata("test.gguf");
        Assert.Contains("no tokenizer", Assert.Single(GgufTokenizer.Write(folder.Path, 10, metadata)), StringComparison.Ordinal);
        Assert.False(GgufTokenizer.IsIn(metadata));
        Assert.Contains("no tokenizer", Assert.Throws<BadModelException>(() => GgufTokenizer.Load(metadata)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chat_template_travels_with_its_tokens()
    {
        using var folder = new TemporaryFolder();
        var metadata = Write("llama3");
        metadata.Set("tokenizer.chat_template", GgufValue.Of("{{ bos_token }}{% for m in messages %}[{{ m.content }}]{% endfor %}"));
        GgufWriter.Write(Path.Combine(folder.Path, "a.gguf"), metadata, []);
        var template = ChatTemplate.Load(Path.Combine(folder.Path, "a.gguf"));
        Assert.Equal("<|begin|>[hi]", template.Render([new ChatMessage("user", "hi")]));
        Assert.Equal(TokenizerLoader.Load(Path.Combine(folder.Path, "a.gguf")).Encode("hi"), GgufTokenizer.Load(metadata).Encode("hi"));
        Assert.Equal("chat_template.jinja", GgufTokenizer.HuggingFaceFiles(metadata).Keys.Order(StringComparer.Ordinal).First());
    }

    /// <summary>Every pattern compiles, and every name is found.</summary>
    [Theory]
    [InlineData("llama3")]
    [InlineData("dbrx")]
    [InlineData("olmo")]
    [InlineData("stablelm2")]
    [InlineData("smollm")]
    [InlineData("tekken")]
    [InlineData("deepseek-coder")]
    [InlineData("deepseek-llm")]
    public void A_pre_tokenizer_works(string pre)
    {
        var tokenizer = GgufTokenizer.Load(Changed("byte_level", "tokenizer.ggml.pre", GgufValue.Of(pre)));
        foreach (var line in GoldenLines.All.Take(500))
            Assert.Equal(line, tokenizer.Decode(tokenizer.Encode(line, addSpecial: false, parseSpecial: false)).Normalize() == line.Normalize() ? line : null);
    }
}
