using System.Text;

namespace Moesaic.Text.Tests;

/// <summary>Ids and texts equal those of the reference implementations on 6,000 varied lines (Golden/Tokenizers).</summary>
public class ReferenceTests
{
    [Theory]
    [InlineData("byte_level")]
    [InlineData("llama3")]
    [InlineData("gpt2")]
    [InlineData("gpt2_prefix")]
    [InlineData("qwen")]
    [InlineData("gpt4o")]
    [InlineData("deepseek")]
    [InlineData("digits")]
    [InlineData("mistral")]
    [InlineData("llama2")]
    public void A_tokenizer_json_works_as_the_reference(string name)
    {
        var tokenizer = TokenizerLoader.Load(Golden.Path($"Tokenizers/{name}"));
        Compare(GoldenLines.All, GoldenLines.Reference(name), line =>
        {
            var ids = tokenizer.Encode(line);
            return GoldenLines.Hash(ids) + " " + GoldenLines.Hash(tokenizer.Decode(ids));
        });
    }

    [Theory]
    [InlineData("unigram")]
    [InlineData("bpe")]
    public void A_tokenizer_model_works_as_the_reference(string name)
    {
        var tokenizer = TokenizerLoader.Load(Golden.Path($"Tokenizers/{name}"));
        var reference = GoldenLines.Reference(name);
        Compare(GoldenLines.All, reference, line =>
        {
            var ids = tokenizer.Encode(line, addSpecial: false, parseSpecial: false);
            return GoldenLines.Hash(ids) + " " + GoldenLines.Hash(tokenizer.Decode(ids));
        });
        // Then the bytes of each line with some knocked out, most of them invalid UTF-8.
        var row = 0;
        Compare(GoldenLines.All, reference[GoldenLines.All.Length..], line =>
        {
            var bytes = Encoding.UTF8.GetBytes(line).Where((_, k) => (k + row) % 7 != 0).ToArray();
            row++;
            return GoldenLines.Hash(tokenizer.Encode(bytes, addSpecial: false, parseSpecial: false));
        });
    }

    static void Compare(string[] lines, string[] reference, Func<string, string> ours)
    {
        var different = new List<string>();
        var compared = 0;
        for (var i = 0; i < lines.Length; i++)
        {
            var made = ours(lines[i]);
            if (reference[i] == "-") continue;   // the reference is known to be wrong here
            compared++;
            if (made != reference[i]) different.Add($"{i}: {lines[i]}");
        }
        Assert.True(compared >= 5000, $"only {compared} lines are compared");
        Assert.True(different.Count == 0, $"{different.Count} of {lines.Length} lines differ, first:\n" + string.Join('\n', different.Take(10)));
    }
}
