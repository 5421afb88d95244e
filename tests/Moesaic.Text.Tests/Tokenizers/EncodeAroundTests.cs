using Moesaic.Text.Tokenizers;

namespace Moesaic.Text.Tests.Tokenizers;

public sealed class EncodeAroundTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static IEnumerable<TheoryDataRow<string>> Folders() =>
        Directory.GetDirectories(Golden.Path("Tokenizers")).Order(StringComparer.Ordinal).Select(path => new TheoryDataRow<string>(Path.GetFileName(path)));

    [Theory, MemberData(nameof(Folders))]
    public void Nothing_and_all_given_are_the_two_ways_to_encode(string name)
    {
        var tokenizer = TokenizerLoader.Load(Golden.Path($"Tokenizers/{name}"));
        var specials = string.Concat(tokenizer.SpecialIds.Take(5).Select(id => tokenizer.Decode([id], skipSpecial: false)));
        foreach (var text in new[] { $"a {specials}  b\n", $"\n\n{specials}{specials}", "plain words", "" })
        {
            Assert.Equal(tokenizer.Encode(text, addSpecial: false), tokenizer.EncodeAround(text, []));
            Assert.Equal(tokenizer.Encode(text, addSpecial: false, parseSpecial: false), tokenizer.EncodeAround(text, [Range.EndAt(text.Length)]));
        }
    }

    [Fact]
    public void Tokens_found_in_normalized_text_know_their_place_in_the_text()
    {
        folder.Write("tokenizer.json", """
            {"added_tokens": [{"id": 5, "content": "<e>", "special": true, "normalized": true}],
             "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "aa"}, {"type": "Replace", "pattern": {"String": "b"}, "content": "aaa"}]},
             "model": {"type": "BPE", "vocab": {"a": 0, "<": 1, "e": 2, ">": 3, "x": 4}, "merges": []}}
            """);
        folder.Write("tokenizer_config.json", """{"tokenizer_class": "PreTrainedTokenizerFast"}""");
        var tokenizer = TokenizerLoader.Load(folder.Path);
        const string Text = "bb<e>b<e>b<e>";
        Assert.Equal(3, tokenizer.EncodeAround(Text, []).Count(id => id == 5));
        var around = tokenizer.EncodeAround(Text, [6..9]);
        Assert.Equal(2, around.Count(id => id == 5));
        Assert.Equal(5, around[^1]);
        Assert.Contains(1, around);
    }
}
