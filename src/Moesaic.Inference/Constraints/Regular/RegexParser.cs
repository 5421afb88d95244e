using System.Globalization;
using System.Text;
using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>
/// Reads regular expressions as JSON Schema means them (ECMA-262 with code points): characters, classes, groups, alternatives,
/// repetitions, ^ and $, \d \w \s and their opposites. What is not regular or not supported is an error, never something else.
/// </summary>
sealed class RegexParser
{
    const int DeepestGroups = 50, MostRepetitions = 1000;

    static readonly (int, int)[] Digits = [('0', '9')];
    static readonly (int, int)[] Word = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
    static readonly (int, int)[] LineEnds = [('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)];
    static readonly (int, int)[] Space =
    [
        (9, 13), (32, 32), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000),
    ];
    // Engines disagree about these two: \s allows none of them, \S neither.
    static readonly (int, int)[] SpaceOrDoubt = CodePointSet.Of([.. Space, (0x85, 0x85), (0xFEFF, 0xFEFF)]);

    readonly int[] text;
    int at;
    int depth;

    RegexParser(string pattern) => text = [.. pattern.EnumerateRunes().Select(rune => rune.Value)];

    bool AtEnd => at == text.Length;

    int Peek => AtEnd ? -1 : text[at];

    /// <exception cref="BadRequestException">The expression is wrong or not supported.</exception>
    public static RegexNode Parse(string pattern)
    {
        var parser = new RegexParser(pattern);
        var node = parser.Alternatives();
        return parser.AtEnd ? node : throw parser.Fault("a ')' without its '('");
    }

    RegexNode Alternatives()
    {
        if (++depth > DeepestGroups) throw Fault($"groups nested deeper than {DeepestGroups}");
        var options = new List<RegexNode> { Sequence() };
        while (Take('|')) options.Add(Sequence());
        depth--;
        return options.Count == 1 ? options[0] : new RegexNode.Either(options);
    }

    RegexNode Sequence()
    {
        var parts = new List<RegexNode>();
        while (!AtEnd && Peek is not ('|' or ')')) parts.Add(Repeated(Atom()));
        return parts.Count == 1 ? parts[0] : new RegexNode.Sequence(parts);
    }

    RegexNode Repeated(RegexNode body)
    {
        var (least, most) = (0, RegexNode.Repeat.Unlimited);
        if (Take('+')) least = 1;
        else if (Take('?')) most = 1;
        else if (Peek == '{') (least, most) = Interval();
        else if (!Take('*')) return body;
        Take('?');      // lazy: the same texts
        if (body is RegexNode.Edge || Peek is '*' or '+' or '?' or '{') throw Fault("a repetition with nothing to repeat");
        return new RegexNode.Repeat(body, least, most);
    }

    (int, int) Interval()
    {
        Take('{');
        var least = Number();
        var most = least;
        if (Take(',')) most = Peek == '}' ? RegexNode.Repeat.Unlimited : Number();
        if (!Take('}')) throw Fault("a '{' without its '}'");
        if (most < least) throw Fault("a repetition whose maximum is below its minimum");
        return (least, most);
    }

    int Number()
    {
        var value = -1;
        while (Peek is >= '0' and <= '9')
        {
            value = (Math.Max(value, 0) * 10) + text[at++] - '0';
            if (value > MostRepetitions) throw Fault($"more than {MostRepetitions} repetitions");
        }
        return value >= 0 ? value : throw Fault("a '{' that is neither {n}, {n,} nor {n,m}; write \\{ for the character");
    }

    RegexNode Atom()
    {
        if (Take('('))
        {
            if (Take('?') && !Take(':')) throw Fault("a kind of group that is not supported (only (...) and (?:...) are)");
            var body = Alternatives();
            return Take(')') ? body : throw Fault("a '(' without its ')'");
        }
        if (Take('[')) return new RegexNode.One(Class());
        if (Take('.')) return new RegexNode.One(CodePointSet.Negate(LineEnds));
        if (Take('^')) return new RegexNode.Edge(false);
        if (Take('$')) return new RegexNode.Edge(true);
        if (Peek is '*' or '+' or '?' or '{') throw Fault("a repetition with nothing to repeat");
        return new RegexNode.One(Take('\\') ? Escape(inClass: false) : [(text[at], text[at++])]);
    }

    (int First, int Last)[] Class()
    {
        var negated = Take('^');
        var ranges = new List<(int, int)>();
        while (!Take(']'))
        {
            var first = Member();
            if (Peek == '-' && at + 1 < text.Length && text[at + 1] != ']')
            {
                at++;
                var last = Member();
                if (first is not [var (low, end)] || last is not [var (start, high)] || low != end || start != high || high < low)
                    throw Fault("a range in a class that goes from high to low or ends in a class");
                ranges.Add((low, high));
            }
            else ranges.AddRange(first);
        }
        var set = CodePointSet.Of([.. ranges]);
        return negated ? CodePointSet.Negate(set) : set;
    }

    (int First, int Last)[] Member()
    {
        if (AtEnd) throw Fault("a '[' without its ']'");
        return Take('\\') ? Escape(inClass: true) : [(text[at], text[at++])];
    }

    (int First, int Last)[] Escape(bool inClass)
    {
        if (AtEnd) throw Fault("a backslash at its end");
        var c = text[at++];
        switch (c)
        {
            case 'd': return Digits;
            case 'D': return CodePointSet.Negate(Digits);
            case 'w': return Word;
            case 'W': return CodePointSet.Negate(Word);
            case 's': return Space;
            case 'S': return CodePointSet.Negate(SpaceOrDoubt);
            case 'n': return [('\n', '\n')];
            case 'r': return [('\r', '\r')];
            case 't': return [('\t', '\t')];
            case 'f': return [('\f', '\f')];
            case 'v': return [('\v', '\v')];
            case 'b' when inClass: return [('\b', '\b')];
            case 'x': return Hexadecimal(2);
            case 'u': return Hexadecimal(4);
            case < 128 when char.IsAsciiLetterOrDigit((char)c):
                throw Fault($"the escape \\{(char)c}, which is not supported");
            default: return [(c, c)];
        }
    }

    (int, int)[] Hexadecimal(int digits)
    {
        var name = new StringBuilder();
        while (name.Length < digits && !AtEnd && text[at] < 128) name.Append((char)text[at++]);
        if (name.Length < digits || !int.TryParse(name.ToString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            throw Fault($"an escape without its {digits} hexadecimal digits");
        if (value is >= 0xD800 and <= 0xDFFF) throw Fault("half of a surrogate pair; write the character itself");
        return [(value, value)];
    }

    bool Take(int expected)
    {
        if (Peek != expected) return false;
        at++;
        return true;
    }

    BadRequestException Fault(string what) => new($"has {what} (at character {at + 1})");
}
