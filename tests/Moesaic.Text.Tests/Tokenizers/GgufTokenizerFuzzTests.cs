using System.Diagnostics;
using System.Globalization;
using Moesaic.Formats;
using Moesaic.Text.Tokenizers;

namespace Moesaic.Text.Tests;

/// <summary>Damaged keys: a tokenizer that encodes, or a fault meant for people.</summary>
public class GgufTokenizerFuzzTests
{
    const string Prefix = "tokenizer.ggml.";

    static readonly string[] Strings = ["", "a", "ab", "▁", "<0x41>", "Ġ", "a b", "  ", "a  b", "<s>", "\0", "é", "llama", "gpt2", "t5", "qwen2", "olmo"];

    static readonly double Seconds = double.Parse(Environment.GetEnvironmentVariable("MOESAIC_FUZZ_SECONDS") ?? "3", CultureInfo.InvariantCulture);

    [Fact]
    public void Damaged_tokenizers_are_read_or_refused()
    {
        Func<GgufMetadata>[] originals = [() => ByteLevel(), () => Pieces("llama"), () => Pieces("t5")];
        var (clock, accepted) = (Stopwatch.StartNew(), 0);
        for (var seed = 0; seed < 500 || clock.Elapsed.TotalSeconds < Seconds; seed++)
        {
            var random = new Random(seed);
            var metadata = originals[seed % originals.Length]();
            for (var n = random.Next(1, 5); n > 0; n--) Damage(metadata, random);
            var began = clock.Elapsed;
            try
            {
                var tokenizer = GgufTokenizer.Load(metadata);
                var ids = tokenizer.Encode("ab a<s>b é\u0000 aab", addSpecial: true);
                Assert.All(ids, id => Assert.InRange(id, 0, tokenizer.VocabularySize - 1));
                _ = tokenizer.Decode(ids);
                accepted++;
                GgufTokenizer.HuggingFaceFiles(metadata);
            }
            catch (MoesaicException)
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e}");
            }
            Assert.True((clock.Elapsed - began).TotalSeconds < 5, $"seed {seed} takes {clock.Elapsed - began}");
        }
        Assert.True(accepted > 50, $"only {accepted} damaged tokenizers were accepted");
    }

    static GgufMetadata ByteLevel()
    {
        var metadata = new GgufMetadata("test.gguf");
        string[] tokens = [.. Enumerable.Range(0, 256).Select(b => ByteAlphabet.CharacterOf((byte)b).ToString()), "ab", "aab", "Ġa", "<s>", "</s>"];
        Set(metadata, "gpt2", tokens, [.. tokens.Select((_, id) => id < 259 ? 1 : 3)]);
        metadata.Set(Prefix + "pre", GgufValue.Of("llama-bpe"));
        metadata.Set(Prefix + "merges", GgufValue.Of(["a b", "a ab", "Ġ a"]));
        return metadata;
    }

    static GgufMetadata Pieces(string model)
    {
        var metadata = new GgufMetadata("test.gguf");
        string[] tokens = ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>"), "▁", "a", "b", "▁a", "ab", "<x>"];
        Set(metadata, model, tokens, [2, 3, 3, .. Enumerable.Repeat(model == "t5" ? 1 : 6, 256), 1, 1, 1, 1, 1, 4]);
        metadata.Set(Prefix + "scores", GgufValue.Of([.. tokens.Select((_, id) => (float)-id)]));
        return metadata;
    }

    static void Set(GgufMetadata metadata, string model, string[] tokens, int[] kinds)
    {
        metadata.Set(Prefix + "model", GgufValue.Of(model));
        metadata.Set(Prefix + "tokens", GgufValue.Of(tokens));
        metadata.Set(Prefix + "token_type", GgufValue.Of(kinds));
        metadata.Set(Prefix + "bos_token_id", GgufValue.Of((uint)Array.IndexOf(tokens, "<s>")));
        metadata.Set(Prefix + "eos_token_id", GgufValue.Of((uint)Array.IndexOf(tokens, "</s>")));
        metadata.Set(Prefix + "add_bos_token", GgufValue.Of(true));
    }

    static void Damage(GgufMetadata metadata, Random random)
    {
        var (key, value) = metadata.Entries.ElementAt(random.Next(metadata.Count));
        var word = Strings[random.Next(Strings.Length)];
        metadata.Set(key, random.Next(8) == 0 ? GgufValue.Of(word) : value.Value switch
        {
            string[] texts => GgufValue.Of(Changed(texts, random, () => word)),
            int[] numbers => GgufValue.Of(Changed(numbers, random, () => random.Next(-1, 8))),
            float[] scores => GgufValue.Of(Changed(scores, random, () => random.Next(4) == 0 ? float.NaN : random.NextSingle() * 1e30f)),
            uint => GgufValue.Of((uint)random.Next(300)),
            bool flag => GgufValue.Of(!flag),
            _ => GgufValue.Of(word),
        });
    }

    static T[] Changed<T>(T[] values, Random random, Func<T> another)
    {
        T[] changed = [.. values];
        switch (random.Next(4))
        {
            case 0: return changed[..random.Next(changed.Length + 1)];
            case 1: random.Shuffle(changed); break;
            case 2: return [.. changed, another()];
            default:
                if (changed.Length > 0) changed[random.Next(changed.Length)] = another();
                break;
        }
        return changed;
    }
}
