using Moesaic.Formats;

namespace Moesaic.Text.Tests;

public class ByteLevelBpeTrainerTests
{
    static readonly string[] Corpus =
    [
        "the cat sat on the mat, the other cat did not", "low lower lowest, new newer newest",
        "für Älteste: naïve café", "日本語 日本 本日", "x = 10; y = 2000;\n\tif (x) { y += 1; }\n",
    ];

    static ByteLevelBpe Train(IEnumerable<string> texts, int size = 300) => ByteLevelBpeTrainer.Train(texts, new()
    {
        VocabularySize = size,
        SpecialTokens = ["<|begin|>", "<|end|>", "<|pad|>"],
        Bos = "<|begin|>",
        Eos = "<|end|>",
        Pad = "<|pad|>",
    });

    [Fact]
    public void The_most_frequent_pair_merges_first_and_ties_go_to_the_lower_ids()
    {
        // "ab" and "cd" three times each, "ef" once.
        var tokenizer = ByteLevelBpeTrainer.Train(["cd cd cd ab ab ab ef"], new() { VocabularySize = 259, Pattern = @"\S+|\s+" }).ToTokenizer();
        Assert.Equal(256, tokenizer.IdOf("ab"));
        Assert.Equal(257, tokenizer.IdOf("cd"));
        Assert.Equal(258, tokenizer.IdOf("ef"));
    }

    [Fact]
    public void The_order_of_the_texts_does_not_matter()
    {
        var one = Train(Corpus).ToTokenizer();
        var other = Train(Corpus.Reverse()).ToTokenizer();
        for (var id = 0; id < one.VocabularySize; id++) Assert.Equal(one.TokenBytes(id), other.TokenBytes(id));
    }

    [Fact]
    public void Saved_files_load_to_the_same_tokenizer()
    {
        using var folder = new TemporaryFolder();
        var trained = Train(Corpus);
        trained.Save(folder.Path);
        var (memory, loaded) = (trained.ToTokenizer(), TokenizerLoader.Load(folder.Path));
        Assert.Equal(300, loaded.VocabularySize);
        Assert.Equal((297, 298, 299), (loaded.BosId, loaded.EosId, loaded.PadId));
        foreach (var text in Corpus)
        {
            Assert.Equal(memory.Encode(text), loaded.Encode(text));
            Assert.Equal(297, loaded.Encode(text)[0]);
            Assert.Equal(text, loaded.Decode(loaded.Encode(text)));
        }
        Assert.Equal(["tokenizer.json", "tokenizer_config.json"],
            Directory.GetFiles(folder.Path).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Special_tokens_are_found_in_text_only_when_asked()
    {
        var tokenizer = Train(Corpus).ToTokenizer();
        Assert.Equal([298], tokenizer.Encode("<|end|>", addSpecial: false));
        var plain = tokenizer.Encode("<|end|>", addSpecial: false, parseSpecial: false);
        Assert.DoesNotContain(298, plain);
        Assert.Equal("<|end|>", tokenizer.Decode(plain));
        Assert.Equal("", tokenizer.Decode([297, 298]));
        Assert.Equal("<|begin|><|end|>", tokenizer.Decode([297, 298], skipSpecial: false));
    }

    [Fact]
    public void A_corpus_too_small_for_the_size_is_refused_with_the_size_it_yields()
    {
        var error = Assert.Throws<BadRequestException>(() => ByteLevelBpeTrainer.Train(["abab"], new() { VocabularySize = 300 }));
        Assert.Contains("at most 258 tokens", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_special_token_that_the_corpus_made_ordinary_is_refused()
    {
        var error = Assert.Throws<BadRequestException>(() =>
            ByteLevelBpeTrainer.Train(["abab abab"], new() { VocabularySize = 259, SpecialTokens = ["ab"] }));
        Assert.Contains("'ab'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Training_stops_when_cancelled()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() =>
            ByteLevelBpeTrainer.Train(Corpus, new() { VocabularySize = 300 }, cancellation: source.Token));
    }

    /// <summary>The committed tokenizer, on which other golden files rest; MOESAIC_UPDATE_GOLDEN=1 writes it anew.</summary>
    [Fact]
    public void Training_repeats_to_the_byte()
    {
        using var folder = new TemporaryFolder();
        var options = new ByteLevelBpeOptions
        {
            VocabularySize = 1500,
            SpecialTokens = ["<|begin|>", "<|end|>", "<|im_start|>"],
            Bos = "<|begin|>",
            Eos = "<|end|>",
        };
        ByteLevelBpeTrainer.Train(GoldenLines.All, options).Save(folder.Path);
        foreach (var name in new[] { "tokenizer.json", "tokenizer_config.json" })
        {
            var made = File.ReadAllText(Path.Combine(folder.Path, name));
            if (Environment.GetEnvironmentVariable("MOESAIC_UPDATE_GOLDEN") == "1") Update(name, made);
            else Assert.Equal(File.ReadAllText(Golden.Path($"Tokenizers/byte_level/{name}")), made);
        }
    }

    static void Update(string name, string text, [System.Runtime.CompilerServices.CallerFilePath] string source = "")
    {
        var folder = Path.Combine(Path.GetDirectoryName(source)!, "../Golden/Tokenizers/byte_level");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, name), text);
    }
}
