using System.Globalization;
using System.Text;

namespace Moesaic.Text.Tokenizers;

/// <summary>Code points in UTF-16 and the properties of theirs that tokenizers ask for.</summary>
static class CodePoints
{
    /// <summary>The code point at a position and its length in UTF-16 units; an unpaired surrogate is itself.</summary>
    public static int At(ReadOnlySpan<char> text, int position, out int length)
    {
        var first = text[position];
        if (char.IsHighSurrogate(first) && position + 1 < text.Length && char.IsLowSurrogate(text[position + 1]))
        {
            length = 2;
            return char.ConvertToUtf32(first, text[position + 1]);
        }
        length = 1;
        return first;
    }

    /// <summary>The start of the code point that ends before a position.</summary>
    public static int Before(ReadOnlySpan<char> text, int position) =>
        position >= 2 && char.IsLowSurrogate(text[position - 1]) && char.IsHighSurrogate(text[position - 2])
            ? position - 2
            : position - 1;

    /// <summary>Unicode's White_Space.</summary>
    public static bool IsWhiteSpace(int codePoint) => codePoint <= 0xFFFF && char.IsWhiteSpace((char)codePoint);

    /// <summary>Word characters of a regular expression: letters, marks, decimal digits, letter numbers, connectors.</summary>
    public static bool IsWord(int codePoint) => (1 << (int)CharUnicodeInfo.GetUnicodeCategory(codePoint) & WordCategories) != 0;

    public static bool IsNumeric(int codePoint) => CharUnicodeInfo.GetUnicodeCategory(codePoint)
        is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    public static bool IsPunctuation(int codePoint) => codePoint < 128
        ? char.IsPunctuation((char)codePoint) || char.IsSymbol((char)codePoint)
        : CharUnicodeInfo.GetUnicodeCategory(codePoint)
            is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    public const int WordCategories =
        1 << (int)UnicodeCategory.UppercaseLetter | 1 << (int)UnicodeCategory.LowercaseLetter
        | 1 << (int)UnicodeCategory.TitlecaseLetter | 1 << (int)UnicodeCategory.ModifierLetter
        | 1 << (int)UnicodeCategory.OtherLetter | 1 << (int)UnicodeCategory.NonSpacingMark
        | 1 << (int)UnicodeCategory.SpacingCombiningMark | 1 << (int)UnicodeCategory.EnclosingMark
        | 1 << (int)UnicodeCategory.DecimalDigitNumber | 1 << (int)UnicodeCategory.LetterNumber
        | 1 << (int)UnicodeCategory.ConnectorPunctuation;

    /// <summary>The text with unpaired surrogates replaced by U+FFFD; the same string when there are none.</summary>
    public static string Sanitize(string text)
    {
        StringBuilder? copy = null;
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
                continue;
            }
            copy ??= new StringBuilder(text);
            copy[i] = '\uFFFD';
        }
        return copy?.ToString() ?? text;
    }

    /// <summary>All code points that Unicode's simple case folding identifies with this one, itself included.</summary>
    public static IEnumerable<int> CaseVariants(int codePoint)
    {
        yield return codePoint;
        if (codePoint is >= 0xD800 and < 0xE000) yield break;
        var rune = new Rune(codePoint);
        var lower = Rune.ToLowerInvariant(rune);
        var upper = Rune.ToUpperInvariant(rune);
        yield return lower.Value;
        yield return upper.Value;
        yield return Rune.ToLowerInvariant(upper).Value;
        yield return Rune.ToUpperInvariant(lower).Value;
        // Partners outside their own block, which the simple case maps reach in one direction or not at all.
        switch (lower.Value)
        {
            case 's': yield return 0x17F; break;
            case 0x17F: yield return 's'; yield return 'S'; break;
            case 'k': yield return 0x212A; break;
            case 0xE5: yield return 0x212B; break;
            case 0x3C9: yield return 0x2126; break;
            case 0x3C3 or 0x3C2: yield return 0x3C2; yield return 0x3C3; break;
            case 0x3BC or 0xB5: yield return 0xB5; yield return 0x3BC; break;
            case 0xDF: yield return 0x1E9E; break;
        }
    }
}
