using System.Diagnostics;
using System.Globalization;
using System.Text;
using Moesaic.Formats;
using Moesaic.Text.Tokenizers;

namespace Moesaic.Text.Tests;

/// <summary>
/// Damaged files, by the thousand: each loads and works, or is refused with a <see cref="BadModelException"/>. The seed
/// is fixed; MOESAIC_FUZZ_SECONDS (default 3) says how long a format takes, all its files together,
/// a hundred mutations of each at least.
/// </summary>
public class FuzzTests
{
    static readonly TimeSpan Time = TimeSpan.FromSeconds(double.Parse(
        Environment.GetEnvironmentVariable("MOESAIC_FUZZ_SECONDS") ?? "3", CultureInfo.InvariantCulture));

    static readonly string[] Snippets =
    [
        "null", "true", "-1", "0", "1e99", "99999999999", "\"\"", "\"\\ud800\"", "[]", "{}", "[[]]", "\"type\"", "\"Sequence\"", "\"Split\"",
        "\"Regex\"", "\"Metaspace\"", "\"ByteLevel\"", "\"Replace\"", "\"Strip\"", "\"Fuse\"", "\"(?:a|b)*\"", "\"[^\\\\s]+?\"", "\"▁\"", "\\u0000", "\\",
    ];

    [Theory]
    [InlineData("gpt2_prefix")]
    [InlineData("digits")]
    [InlineData("llama2")]
    public void A_mutated_tokenizer_json(string name)
    {
        var original = Shorten(File.ReadAllText(Golden.Path($"Tokenizers/{name}/tokenizer.json")));
        Fuzz(original, Time / 3, data => new PipelineTokenizer(TokenizerJsonReader.Read(JsonPart.Parse(data, "tokenizer.json"), []), SpecialTokens.None));
    }

    [Theory]
    [InlineData("unigram")]
    [InlineData("bpe")]
    public void A_mutated_tokenizer_model(string name)
    {
        var original = File.ReadAllBytes(Golden.Path($"Tokenizers/{name}/tokenizer.model"));
        var config = TokenizerConfig.Read(Golden.Path($"Tokenizers/{name}"));
        Fuzz(original, Time / 2, data => new SentencePieceTokenizer(SentencePieceModel.Parse(data, "tokenizer.model"), config));
    }

    [Fact]
    public void A_mutated_tokenizer_config()
    {
        var original = File.ReadAllBytes(Golden.Path("Tokenizers/mistral/tokenizer_config.json"));
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.model", File.ReadAllBytes(Golden.Path("Tokenizers/bpe/tokenizer.model")));
        Fuzz(original, Time, data =>
        {
            folder.Write("tokenizer_config.json", data);
            return TokenizerLoader.Load(folder.Path);
        });
    }

    static void Fuzz(byte[] original, TimeSpan time, Func<byte[], ITokenizer> load)
    {
        var random = new Random(7);
        var (loaded, refused) = (0, 0);
        load(original);
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < time || loaded + refused < 100;)
        {
            var data = Mutate(original, random);
            try
            {
                var tokenizer = load(data);
                loaded++;
                foreach (var text in new[] { "Hello wörld 123 \n\t 漢字 👍", "<|end|><sep>  'll ", "\u0000\uFEFF" })
                {
                    var ids = tokenizer.Encode(text);
                    Assert.All(ids, id => Assert.InRange(id, 0, tokenizer.VocabularySize - 1));
                    tokenizer.Decode(ids);
                }
            }
            catch (BadModelException)
            {
                refused++;
            }
        }
        Assert.True(loaded > 0 && refused > 0, $"{loaded} loaded, {refused} refused: the mutations test nothing");
    }

    static byte[] Mutate(byte[] original, Random random)
    {
        var data = original.ToList();
        for (var edits = random.Next(1, 5); edits > 0 && data.Count > 8; edits--)
        {
            // Small offsets and the ends of the file hold the structure; the rest is vocabulary.
            var at = random.Next(3) switch
            {
                0 => random.Next(Math.Min(data.Count, 200)),
                1 => data.Count - 1 - random.Next(Math.Min(data.Count, 200)),
                _ => random.Next(data.Count),
            };
            var length = Math.Min(random.Next(1, 12), data.Count - at);
            switch (random.Next(7))
            {
                case 0: data[at] = (byte)random.Next(256); break;
                case 1: data[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: data.RemoveRange(at, length); break;
                case 3: data.InsertRange(at, data.GetRange(random.Next(data.Count - length), length)); break;
                case 4: data.RemoveRange(at, data.Count - at); break;
                case 5: data.InsertRange(at, Encoding.UTF8.GetBytes(Snippets[random.Next(Snippets.Length)])); break;
                default:
                    data.RemoveRange(at, length);
                    data.InsertRange(at, Encoding.UTF8.GetBytes(Snippets[random.Next(Snippets.Length)]));
                    break;
            }
        }
        return [.. data];
    }

    /// <summary>The file with most of its vocabulary and merges left out, so that mutations hit the rest.</summary>
    static byte[] Shorten(string json)
    {
        var root = System.Text.Json.Nodes.JsonNode.Parse(json)!;
        var vocabulary = root["model"]!["vocab"]!.AsObject();
        foreach (var name in vocabulary.Where(p => (int)p.Value! >= 300).Select(p => p.Key).ToList()) vocabulary.Remove(name);
        root["model"]!["merges"] = new System.Text.Json.Nodes.JsonArray();
        return Encoding.UTF8.GetBytes(root.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    }
}
