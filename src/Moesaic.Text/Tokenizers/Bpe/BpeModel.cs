using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Moesaic.Formats;

namespace Moesaic.Text.Tokenizers;

/// <summary>
/// Byte pair encoding of one word: its characters (or the stand-ins of its bytes) are merged pair by pair in the order
/// the merges were learned. Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units", 2016.
/// </summary>
sealed class BpeModel
{
    const int CachedWords = 1 << 16;
    const int LongestCachedWord = 64;

    readonly BpeVocabulary vocabulary;
    readonly bool byteLevel;
    readonly bool cutsAtMarks;
    readonly ConcurrentDictionary<string, int[]> cache = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> cached;
    readonly int[] byteTokens = new int[256];
    int cachedWords;

    /// <param name="vocabulary">Tokens and merges.</param>
    /// <param name="byteLevel">Words arrive as text and are written in the byte alphabet here.</param>
    public BpeModel(BpeVocabulary vocabulary, bool byteLevel)
    {
        this.vocabulary = vocabulary;
        this.byteLevel = byteLevel;
        cutsAtMarks = !byteLevel && !vocabulary.IgnoreMerges && vocabulary.MarksLead
            && vocabulary.Ids.ContainsKey(Marks.Mark.ToString());
        cached = cache.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var b = 0; b < 256; b++)
            byteTokens[b] = vocabulary.Ids.GetValueOrDefault(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>"), -1);
    }

    /// <summary>Appends the ids of one word.</summary>
    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        while (cutsAtMarks && Marks.PartOf(word) is var length && length < word.Length)
        {
            EncodePart(word[..length], ids);
            word = word[length..];
        }
        EncodePart(word, ids);
    }

    void EncodePart(ReadOnlySpan<char> word, List<int> ids)
    {
        if (cached.TryGetValue(word, out var known))
        {
            ids.AddRange(known);
            return;
        }
        var found = Merge(byteLevel ? ByteAlphabet.Map(word) : word.ToString());
        ids.AddRange(found);
        if (word.Length > LongestCachedWord || cachedWords >= CachedWords) return;
        if (cached.TryAdd(word, found)) Interlocked.Increment(ref cachedWords);
    }

    int[] Merge(string word)
    {
        if (vocabulary.IgnoreMerges && vocabulary.Ids.TryGetValue(word, out var whole)) return [whole];
        var symbols = new List<int>(word.Length);
        var unknownOpen = false;
        var lookup = vocabulary.Ids.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var i = 0; i < word.Length;)
        {
            var length = char.IsHighSurrogate(word[i]) && i + 1 < word.Length ? 2 : 1;
            var character = word.AsSpan(i, length);
            i += length;
            if (lookup.TryGetValue(character, out var id))
            {
                symbols.Add(id);
                unknownOpen = false;
            }
            else if (vocabulary.ByteFallback && TryAddBytes(character, symbols))
            {
                unknownOpen = false;
            }
            else if (vocabulary.UnknownId is not int unknown)
            {
                throw Missing(character);
            }
            else if (!(unknownOpen && vocabulary.FuseUnknown))
            {
                symbols.Add(unknown);
                unknownOpen = true;
            }
        }
        var merged = symbols.ToArray();
        return merged[..vocabulary.Merges.Apply(merged)];
    }

    bool TryAddBytes(ReadOnlySpan<char> character, List<int> symbols)
    {
        Span<byte> bytes = stackalloc byte[4];
        bytes = bytes[..Encoding.UTF8.GetBytes(character, bytes)];
        foreach (var value in bytes) if (byteTokens[value] < 0) return false;
        foreach (var value in bytes) symbols.Add(byteTokens[value]);
        return true;
    }

    BadModelException Missing(ReadOnlySpan<char> character) => new(
        $"{vocabulary.Source}: the vocabulary has no token for '{character}' " +
        $"(U+{char.ConvertToUtf32(character.ToString(), 0):X4}) and no unknown token, so this text can not be encoded " +
        "without losing it. Use a tokenizer with all 256 byte tokens or an unk_token.");
}
