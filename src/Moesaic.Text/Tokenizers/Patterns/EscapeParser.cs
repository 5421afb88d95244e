using System.Globalization;

namespace Moesaic.Text.Tokenizers;

/// <summary>Escapes of a regular expression: \s \d \w, \p{L}, \n, \x{3000}, \. and their like.</summary>
static class EscapeParser
{
    /// <summary>Reads one escape, backslash included.</summary>
    public static CharacterSet Set(PatternScanner scanner, bool ignoreCase)
    {
        if (Class(scanner) is { } known) return known;
        var codePoint = CodePoint(scanner);
        return new CharacterSet([(codePoint, codePoint)], ignoreCase: ignoreCase);
    }

    /// <summary>A class escape, or null (and nothing consumed) when the escape is a single character.</summary>
    public static CharacterSet? Class(PatternScanner scanner)
    {
        if (scanner.Take("\\s")) return WhiteSpace(false);
        if (scanner.Take("\\S")) return WhiteSpace(true);
        if (scanner.Take("\\d")) return Categories(Bit(UnicodeCategory.DecimalDigitNumber), false);
        if (scanner.Take("\\D")) return Categories(Bit(UnicodeCategory.DecimalDigitNumber), true);
        if (scanner.Take("\\w")) return Categories(CodePoints.WordCategories, false);
        if (scanner.Take("\\W")) return Categories(CodePoints.WordCategories, true);
        if (scanner.Take("\\p{^")) return Property(scanner, true);
        if (scanner.Take("\\p{")) return Property(scanner, false);
        if (scanner.Take("\\P{")) return Property(scanner, true);
        return null;
    }

    /// <summary>An escape that stands for one code point.</summary>
    public static int CodePoint(PatternScanner scanner)
    {
        if (!scanner.Take('\\')) throw scanner.Fault("a missing backslash");
        if (scanner.Take("x{")) return scanner.Hexadecimal(scanner.Until('}'));
        if (scanner.Take('x')) return scanner.Hexadecimal(2);
        if (scanner.Take('u')) return scanner.Hexadecimal(4);
        var codePoint = scanner.Next();
        return codePoint switch
        {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'f' => '\f',
            'v' => '\v',
            'a' => '\a',
            'e' => 0x1B,
            < 128 when char.IsAsciiLetterOrDigit((char)codePoint) =>
                throw scanner.Fault($"the escape \\{(char)codePoint}, which is not supported"),
            _ => codePoint,
        };
    }

    static CharacterSet WhiteSpace(bool negated) => new(
        [(0x09, 0x0D), (0x20, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029),
            (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000)], negated: negated);

    static CharacterSet Property(PatternScanner scanner, bool negated)
    {
        var name = scanner.Until('}');
        var categories = GeneralCategories.OfName(name);
        return categories != 0
            ? Categories(categories, negated)
            : throw scanner.Fault($"the property {name}; only general categories (L, Lu, N, ...) are supported");
    }

    static CharacterSet Categories(int categories, bool negated) => new([], categories, negated: negated);

    static int Bit(UnicodeCategory category) => 1 << (int)category;
}
