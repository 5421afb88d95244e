using System.Globalization;
using System.Text;

namespace Moesaic.Text.Tokenizers;

/// <summary>Compares two tokenizers on texts that reach into all of the vocabulary.</summary>
static class TokenizerProbe
{
    const int Tokens = 1 << 14, Run = 32;

    static readonly string[] Awkward =
    [
        "Hello, world!", " leading and trailing ", "a  b   c    d", "\n\n\ta\r\n b", "don't we'LL I'M", "1 12 123 1234 12345.67",
        "x=y+1;// {[(<>)]}", "\u00E9\u00E8 e\u0301 \u00C5ngstr\u00F6m", "\u6F22\u5B57\u304B\u306A \uD55C\uAE00", "\U0001F600\U0001F468\u200D\U0001F469",
        "\u0000\u00A0\u2009\u3000|", "<s></s> [INST]", "\u0416\u0443\u043A \u05D0\u05D1 \u0627\u0628",
    ];

    /// <summary>A text that the two encode differently, or null. Names of special tokens count as ordinary characters.</summary>
    /// <param name="a">Texts are made of its tokens.</param>
    /// <param name="b">The other.</param>
    /// <param name="leadingSpaces">Whether texts that begin with a space are compared.</param>
    public static string? FirstDifference(ITokenizer a, ITokenizer b, bool leadingSpaces = true)
    {
        foreach (var text in Awkward.Concat(FromVocabulary(a)))
        {
            if (!leadingSpaces && (text.StartsWith(' ') || text.StartsWith(Marks.Mark))) continue;
            if (!a.Encode(text, parseSpecial: false).AsSpan().SequenceEqual(b.Encode(text, parseSpecial: false))) return Shown(text);
        }
        return null;
    }

    /// <summary>Runs of tokens drawn at random, as text.</summary>
    static IEnumerable<string> FromVocabulary(ITokenizer tokenizer)
    {
        var random = new Random(1);
        var ids = new int[Run];
        for (var n = 0; n < Math.Min(Tokens, 4 * tokenizer.VocabularySize); n += Run)
        {
            for (var i = 0; i < Run; i++) ids[i] = random.Next(tokenizer.VocabularySize);
            yield return tokenizer.Decode(ids);
        }
    }

    static string Shown(string text)
    {
        var shown = new StringBuilder();
        foreach (var c in text.Take(60))
            if (char.IsControl(c)) shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
            else shown.Append(c);
        return shown.ToString();
    }
}
