using System.Globalization;

namespace Moesaic.Text.Tokenizers;

/// <summary>The reading position in a regular expression.</summary>
sealed class PatternScanner(string pattern)
{
    int position;

    public bool AtEnd => position >= pattern.Length;

    public char Peek => AtEnd ? '\0' : pattern[position];

    /// <summary>The character after <see cref="Peek"/>.</summary>
    public char Second => position + 1 < pattern.Length ? pattern[position + 1] : '\0';

    public bool Take(char expected)
    {
        if (AtEnd || pattern[position] != expected) return false;
        position++;
        return true;
    }

    public bool Take(string expected)
    {
        if (string.CompareOrdinal(pattern, position, expected, 0, expected.Length) != 0) return false;
        position += expected.Length;
        return true;
    }

    /// <summary>The next code point.</summary>
    public int Next()
    {
        if (AtEnd) throw Fault("an end too early");
        var codePoint = CodePoints.At(pattern, position, out var length);
        position += length;
        return codePoint;
    }

    /// <summary>The text up to a closing character, which is consumed.</summary>
    public string Until(char close)
    {
        var end = pattern.IndexOf(close, position);
        if (end < 0) throw Fault($"no closing '{close}'");
        var text = pattern[position..end];
        position = end + 1;
        return text;
    }

    /// <summary>Exactly so many hexadecimal digits as a code point.</summary>
    public int Hexadecimal(int digits)
    {
        if (position + digits > pattern.Length) throw Fault("an end too early");
        var value = Hexadecimal(pattern.Substring(position, digits));
        position += digits;
        return value;
    }

    public int Hexadecimal(string digits) =>
        digits.Length is > 0 and <= 6 && digits.All(char.IsAsciiHexDigit)
        && int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) is <= 0x10FFFF and var value
            ? value
            : throw Fault($"'{digits}' is not a code point in hexadecimal");

    /// <summary>{n}, {n,}, {,m} or {n,m}. Anything else behind a brace means the brace itself, and nothing is consumed.</summary>
    public bool TakeInterval(out int min, out int max)
    {
        (min, max) = (0, PatternNode.Repeat.Unlimited);
        if (Peek != '{') return false;
        var close = pattern.IndexOf('}', position);
        if (close < 0) return false;
        var parts = pattern[(position + 1)..close].Split(',');
        if (parts.Length > 2 || parts.All(p => p.Length == 0)) return false;
        if (parts.Any(p => p.Length > 4 || !p.All(char.IsAsciiDigit))) return false;
        if (parts[0].Length > 0) min = int.Parse(parts[0], CultureInfo.InvariantCulture);
        if (parts.Length == 1) max = min;
        else if (parts[1].Length > 0) max = int.Parse(parts[1], CultureInfo.InvariantCulture);
        if (max < min) throw Fault("a repetition whose maximum is below its minimum");
        position = close + 1;
        return true;
    }

    public FormatException Fault(string what) =>
        new($"the regular expression {pattern} has {what} (at character {position + 1})");
}
