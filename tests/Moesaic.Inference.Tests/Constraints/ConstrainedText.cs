using System.Text;
using Moesaic.Text;

namespace Moesaic.Inference.Tests;

/// <summary>Texts from a model of random logits, held by a grammar.</summary>
static class ConstrainedText
{
    public static ITokenizer Tokenizer { get; } = TokenizerLoader.Load(ShippedModel.Folder);

    static readonly HashSet<int> EndOfText = [Tokenizer.EosId!.Value];

    public static TokenTable Table { get; } = new(Tokenizer, Tokenizer.VocabularySize, EndOfText);

    /// <summary>The tokens that tend to close what is open: they are liked when a text gets long.</summary>
    static readonly HashSet<int> Closing = [.. EndOfText, .. Enumerable.Range(0, Table.VocabularySize)
        .Where(id => Table.Bytes(id) is { Length: > 0 } bytes && bytes.IndexOfAnyExcept("\"}]"u8) < 0)];

    static readonly float[] Noise = MakeNoise();

    /// <summary>What many patterns need before they can end.</summary>
    static readonly int[] Short = [.. Enumerable.Range(0, Table.VocabularySize)
        .Where(id => Table.Bytes(id) is [var value] && value < 128 && !char.IsAsciiLetter((char)value))];

    /// <returns>The text, or null when it did not end.</returns>
    public static string? Generate(CompiledGrammar grammar, int seed, int usual = 60, int most = 300)
    {
        var random = new Random(seed);
        var sampler = new Sampler(
            new SamplingOptions { Temperature = 0.5f + (float)random.NextDouble(), Seed = (ulong)seed, TopP = seed % 3 == 0 ? 0.5f : 1 },
            Table.VocabularySize, grammar.Start(), EndOfText);
        var logits = new float[Table.VocabularySize];
        var tokens = new List<int>();
        while (tokens.Count < most)
        {
            Noise.AsSpan(random.Next(Noise.Length - logits.Length), logits.Length).CopyTo(logits);
            if (tokens.Count >= usual)
            {
                foreach (var id in Closing) logits[id] += 30;
                foreach (var id in Short) logits[id] += 15;
            }
            // A short text has to come out as well.
            if (seed % 4 != 0) logits[Tokenizer.EosId!.Value] = -40;
            var chosen = sampler.Next(logits, tokens.ToArray());
            if (EndOfText.Contains(chosen)) return Text(tokens);
            tokens.Add(chosen);
        }
        return null;
    }

    /// <summary>The text of tokens; it has to be well-formed.</summary>
    public static string Text(IEnumerable<int> tokens) =>
        new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. tokens.SelectMany(id => Table.Bytes(id).ToArray())]);

    static float[] MakeNoise()
    {
        var random = new Random(17);
        var noise = new float[1 << 20];
        for (var i = 0; i < noise.Length; i++) noise[i] = (float)(random.NextDouble() * 6);
        return noise;
    }
}
