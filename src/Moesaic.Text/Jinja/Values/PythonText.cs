using System.Globalization;
using System.Text;

namespace Moesaic.Text.Jinja.Values;

/// <summary>Text as Python sees it: a sequence of code points, with Python's notion of white space.</summary>
static class PythonText
{
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';

    /// <summary>True when there is at least one character and all are white space.</summary>
    public static bool IsSpace(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            if (!IsSpace(c)) return false;
        return !text.IsEmpty;
    }

    public static string Strip(string text, string? characters, bool left, bool right)
    {
        var (start, length) = Stripped(text, characters, left, right);
        return text.Substring(start, length);
    }

    /// <summary>What is left without the given characters, or white space, at the ends.</summary>
    public static (int Start, int Length) Stripped(string text, string? characters, bool left, bool right)
    {
        int start = 0, end = text.Length;
        while (left && start < end && Goes(text[start])) start++;
        while (right && end > start && Goes(text[end - 1])) end--;
        return (start, end - start);

        bool Goes(char c) => characters is null ? IsSpace(c) : characters.Contains(c, StringComparison.Ordinal);
    }

    /// <summary>Number of code points.</summary>
    public static int Length(string text)
    {
        var length = text.Length;
        foreach (var c in text)
            if (char.IsLowSurrogate(c)) length--;
        return length;
    }

    public static IReadOnlyList<object?> Characters(string text)
    {
        var characters = new List<object?>(text.Length);
        foreach (var rune in text.EnumerateRunes()) characters.Add(rune.ToString());
        return characters;
    }

    public static int Compare(string left, string right)
    {
        var length = Math.Min(left.Length, right.Length);
        for (var i = 0; i < length; i++)
            if (left[i] != right[i]) return Rank(left[i]).CompareTo(Rank(right[i]));
        return left.Length.CompareTo(right.Length);

        // Surrogates sort above the rest of the basic plane, as the code points they stand for do.
        static int Rank(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
    }

    /// <summary>Python's shortest form that reads back as the same number.</summary>
    public static string Number(double value)
    {
        if (double.IsNaN(value)) return "nan";
        if (double.IsInfinity(value)) return value > 0 ? "inf" : "-inf";
        var scientific = value.ToString("E16", CultureInfo.InvariantCulture);
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        var sign = shortest[0] == '-' ? "-" : "";
        var exponent = value == 0 ? 0 : int.Parse(scientific.AsSpan(scientific.IndexOf('E', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture);
        var digits = Digits(shortest);
        if (exponent is < -4 or >= 16)
        {
            var fraction = digits.Length > 1 ? "." + digits[1..] : "";
            return $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture)}";
        }
        if (exponent < 0) return sign + "0." + new string('0', -exponent - 1) + digits;
        if (digits.Length <= exponent + 1) return sign + digits.PadRight(exponent + 1, '0') + ".0";
        return sign + digits[..(exponent + 1)] + "." + digits[(exponent + 1)..];
    }

    /// <summary>The significant digits of a number, without leading or trailing zeros; "0" for zero.</summary>
    static string Digits(string number)
    {
        var mantissa = number.AsSpan(0, number.IndexOf('E', StringComparison.Ordinal) is var e and >= 0 ? e : number.Length);
        var digits = new StringBuilder();
        foreach (var c in mantissa)
            if (char.IsAsciiDigit(c)) digits.Append(c);
        var trimmed = digits.ToString().Trim('0');
        return trimmed.Length == 0 ? "0" : trimmed;
    }

    /// <summary>The quoted form that Python prints inside lists and dictionaries.</summary>
    public static void AppendQuoted(StringBuilder to, string text)
    {
        var quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        to.Append(quote);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value == quote || rune.Value == '\\') to.Append('\\').Append((char)rune.Value);
            else if (rune.Value == '\n') to.Append("\\n");
            else if (rune.Value == '\r') to.Append("\\r");
            else if (rune.Value == '\t') to.Append("\\t");
            else if (IsPrintable(rune)) to.Append(rune);
            else if (rune.Value < 0x100) to.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}");
            else if (rune.Value < 0x10000) to.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            else to.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}");
        }
        to.Append(quote);
    }

    static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator);
}
