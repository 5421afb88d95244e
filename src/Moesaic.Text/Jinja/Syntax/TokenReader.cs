using System.Globalization;
using System.Text;

namespace Moesaic.Text.Jinja.Syntax;

/// <summary>Reads one token inside a tag.</summary>
static class TokenReader
{
    static readonly string[] LongOperators = ["//", "**", "==", "!=", ">=", "<="];

    public static Token Read(TemplateSource source, int at, out int end)
    {
        var text = source.Text;
        var first = text[at];
        if (char.IsAsciiDigit(first)) return Number(source, at, out end);
        if (char.IsLetter(first) || first == '_')
        {
            end = at;
            while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_')) end++;
            return new Token(TokenKind.Name, text[at..end], at);
        }
        if (first is '"' or '\'') return Quoted(source, at, out end);
        foreach (var symbol in LongOperators)
        {
            if (string.CompareOrdinal(text, at, symbol, 0, 2) != 0) continue;
            end = at + 2;
            return new Token(TokenKind.Operator, symbol, at);
        }
        if (!"+-/*%~[](){}><=.:|,;".Contains(first, StringComparison.Ordinal))
            throw source.Fault($"unexpected character '{first}'.", at);
        end = at + 1;
        return new Token(TokenKind.Operator, first.ToString(), at);
    }

    static Token Number(TemplateSource source, int at, out int end)
    {
        var text = source.Text;
        var whole = end = Digits(text, at);
        // After a dot an integer is a subscript: in a.0.1 the part 0.1 is no number.
        var mayHaveFraction = at == 0 || text[at - 1] != '.';
        if (mayHaveFraction && end + 1 < text.Length && text[end] == '.' && char.IsAsciiDigit(text[end + 1])) end = Digits(text, end + 1);
        if (mayHaveFraction && end < text.Length && text[end] is 'e' or 'E')
        {
            var digits = end + 1;
            if (digits < text.Length && text[digits] is '+' or '-') digits++;
            if (digits < text.Length && char.IsAsciiDigit(text[digits])) end = Digits(text, digits);
        }
        var number = text[at..end].Replace("_", "", StringComparison.Ordinal);
        if (end == whole && number[0] == '0' && number.AsSpan().ContainsAnyExcept('0'))
            throw source.Fault("an integer can not begin with 0.", at);
        return new Token(end == whole ? TokenKind.Integer : TokenKind.Float, number, at);
    }

    static int Digits(string text, int at)
    {
        while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '_')) at++;
        return at;
    }

    static Token Quoted(TemplateSource source, int at, out int end)
    {
        var text = source.Text;
        var value = new StringBuilder();
        for (end = at + 1; end < text.Length; end++)
        {
            if (text[end] == text[at])
            {
                end++;
                return new Token(TokenKind.String, value.ToString(), at);
            }
            if (text[end] != '\\') value.Append(text[end]);
            else if (++end < text.Length) Escape(source, value, ref end);
        }
        throw source.Fault("a string begins here that is never closed.", at);
    }

    /// <summary>Python's escapes; an unknown one stands for itself, backslash included.</summary>
    static void Escape(TemplateSource source, StringBuilder value, ref int at)
    {
        var text = source.Text;
        switch (text[at])
        {
            case '\n': break;
            case '\\' or '\'' or '"': value.Append(text[at]); break;
            case 'a': value.Append('\a'); break;
            case 'b': value.Append('\b'); break;
            case 'f': value.Append('\f'); break;
            case 'n': value.Append('\n'); break;
            case 'r': value.Append('\r'); break;
            case 't': value.Append('\t'); break;
            case 'v': value.Append('\v'); break;
            case 'x': Hexadecimal(source, value, ref at, 2); break;
            case 'u': Hexadecimal(source, value, ref at, 4); break;
            case 'U': Hexadecimal(source, value, ref at, 8); break;
            case >= '0' and <= '7':
                var code = 0;
                for (var i = 0; i < 3 && at < text.Length && text[at] is >= '0' and <= '7'; i++) code = code * 8 + text[at++] - '0';
                at--;
                value.Append((char)code);
                break;
            default: value.Append('\\').Append(text[at]); break;
        }
    }

    static void Hexadecimal(TemplateSource source, StringBuilder value, ref int at, int digits)
    {
        var hex = source.Text.AsSpan(at + 1, Math.Min(digits, source.Text.Length - at - 1));
        if (hex.Length < digits || !uint.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            || !Rune.IsValid(code))
            throw source.Fault($"the escape \\{source.Text[at]} needs {digits} hexadecimal digits of a character.", at - 1);
        value.Append(new Rune(code));
        at += digits;
    }
}
