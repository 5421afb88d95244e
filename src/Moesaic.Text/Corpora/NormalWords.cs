namespace Moesaic.Text.Corpora;

/// <summary>
/// Text as it is compared: runs of letters and digits in lower case; punctuation and spacing do not count. A word is
/// its 64-bit FNV-1a hash: among the corpus' thirty thousand words two alike have a chance of one in ten thousand million.
/// </summary>
static class NormalWords
{
    internal const ulong Seed = 14695981039346656037UL;
    const ulong Prime = 1099511628211UL;

    /// <summary>The words of a text in order.</summary>
    internal static List<ulong> Of(ReadOnlySpan<char> text)
    {
        var words = new List<ulong>(text.Length / 6);
        var inside = false;
        var word = Seed;
        foreach (var letter in text)
        {
            if (char.IsLetterOrDigit(letter))
            {
                word = Mix(word, char.ToLowerInvariant(letter));
                inside = true;
            }
            else if (inside)
            {
                words.Add(word);
                word = Seed;
                inside = false;
            }
        }
        if (inside)
            words.Add(word);
        return words;
    }

    /// <summary>One number for a run of words.</summary>
    internal static ulong Fingerprint(IReadOnlyList<ulong> words, int start, int count)
    {
        var hash = Seed;
        for (var i = start; i < start + count; i++)
        {
            hash = Mix(hash, words[i]);
            hash ^= hash >> 29;
        }
        return hash;
    }

    static ulong Mix(ulong hash, ulong value) => (hash ^ value) * Prime;
}
