namespace Moesaic.Text.Corpora;

/// <summary>
/// The texts and 8-grams of a split as 64-bit fingerprints of their normalised words: among two million a false match
/// has a chance of about one in ten million.
/// </summary>
sealed class TextFingerprints
{
    internal const int GramLength = 8;

    readonly HashSet<ulong> texts = [];
    readonly HashSet<ulong> grams = [];

    /// <summary>Adds a text and its 8-grams.</summary>
    internal void Add(List<ulong> words)
    {
        texts.Add(NormalWords.Fingerprint(words, 0, words.Count));
        for (var i = 0; i + GramLength <= words.Count; i++)
            grams.Add(NormalWords.Fingerprint(words, i, GramLength));
    }

    internal bool HasText(List<ulong> words) => texts.Contains(NormalWords.Fingerprint(words, 0, words.Count));

    /// <summary>Whether more than half of the text's 8-grams, each place counted, occur here; never for a shorter text.</summary>
    internal bool HasMostGrams(List<ulong> words)
    {
        var places = words.Count - GramLength + 1;
        var shared = 0;
        for (var i = 0; i < places; i++)
            if (grams.Contains(NormalWords.Fingerprint(words, i, GramLength)))
                shared++;
        return shared * 2 > places && places > 0;
    }
}
