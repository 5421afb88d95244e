using System.Globalization;
using System.Text;

namespace Moesaic.Text.Tokenizers;

/// <summary>One of Unicode's four normal forms.</summary>
sealed class UnicodeNormalizer(NormalizationForm form) : INormalizer
{
    public string Apply(string text) => UnicodeNormalization.Normalize(text, form);
}

/// <summary>Puts a text before every non-empty one.</summary>
sealed class PrependNormalizer(string prefix) : INormalizer
{
    public string Apply(string text) => text.Length == 0 ? text : prefix + text;
}

/// <summary>Replaces every match of a pattern by a fixed text.</summary>
sealed class ReplaceNormalizer(Pattern pattern, string content) : INormalizer
{
    public string Apply(string text) => pattern.Replace(text, content);
}

/// <summary>Lower case, character by character, whatever the language.</summary>
sealed class LowercaseNormalizer : INormalizer
{
    // U+0130 is the one character whose lower case is two.
    public string Apply(string text) => text.Replace("\u0130", "i\u0307", StringComparison.Ordinal).ToLowerInvariant();
}

/// <summary>Takes white space off the ends.</summary>
sealed class StripNormalizer(bool left, bool right) : INormalizer
{
    public string Apply(string text) => (left, right) switch
    {
        (true, true) => text.Trim(),
        (true, false) => text.TrimStart(),
        (false, true) => text.TrimEnd(),
        _ => text,
    };
}

/// <summary>Drops non-spacing marks; behind NFD that takes the accents off.</summary>
sealed class StripAccentsNormalizer : INormalizer
{
    public string Apply(string text)
    {
        var kept = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark) kept.Append(rune.ToString());
        return kept.ToString();
    }
}
