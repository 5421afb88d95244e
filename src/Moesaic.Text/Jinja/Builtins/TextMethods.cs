using System.Text;
using Moesaic.Text.Jinja.Runtime;
using Moesaic.Text.Jinja.Values;

namespace Moesaic.Text.Jinja.Builtins;

/// <summary>Methods of strings.</summary>
static class TextMethods
{
    delegate object? Method(string text, Arguments arguments, Interpreter interpreter);

    static readonly Dictionary<string, Method> All = new(StringComparer.Ordinal)
    {
        ["strip"] = (text, arguments, interpreter) => Strip("strip", text, arguments, left: true, right: true, interpreter),
        ["lstrip"] = (text, arguments, interpreter) => Strip("lstrip", text, arguments, left: true, right: false, interpreter),
        ["rstrip"] = (text, arguments, interpreter) => Strip("rstrip", text, arguments, left: false, right: true, interpreter),
        ["split"] = Split,
        ["rsplit"] = RightSplit,
        ["splitlines"] = SplitLines,
        ["partition"] = (text, arguments, _) => Partition(text, arguments, last: false),
        ["rpartition"] = (text, arguments, _) => Partition(text, arguments, last: true),
        ["join"] = Join,
        ["startswith"] = (text, arguments, _) => Any("startswith", arguments, affix => text.StartsWith(affix, StringComparison.Ordinal)),
        ["endswith"] = (text, arguments, _) => Any("endswith", arguments, affix => text.EndsWith(affix, StringComparison.Ordinal)),
        ["removeprefix"] = (text, arguments, _) => One("removeprefix", arguments) is var affix && text.StartsWith(affix, StringComparison.Ordinal) ? text[affix.Length..] : text,
        ["removesuffix"] = (text, arguments, _) => One("removesuffix", arguments) is var affix && text.EndsWith(affix, StringComparison.Ordinal) ? text[..^affix.Length] : text,
        ["replace"] = (text, arguments, interpreter) =>
        {
            var given = arguments.Bind("replace", ("old", Arguments.Required), ("new", Arguments.Required), ("count", -1L));
            return Replace(text, Python.ToText(given[0]), Python.ToText(given[1]), Python.ToInteger(given[2]), interpreter);
        },
        ["find"] = (text, arguments, _) => Find("find", text, arguments, last: false),
        ["rfind"] = (text, arguments, _) => Find("rfind", text, arguments, last: true),
        ["index"] = (text, arguments, _) => Find("index", text, arguments, last: false) is var at and >= 0 ? at : throw new JinjaFault("the substring is not found"),
        ["count"] = (text, arguments, _) => Count(text, One("count", arguments)),
        ["lower"] = (text, arguments, _) => None("lower", arguments, text.ToLowerInvariant()),
        ["casefold"] = (text, arguments, _) => None("casefold", arguments, text.ToLowerInvariant()),
        ["upper"] = (text, arguments, _) => None("upper", arguments, text.ToUpperInvariant()),
        ["capitalize"] = (text, arguments, _) => None("capitalize", arguments, Capitalize(text)),
        ["title"] = (text, arguments, _) => None("title", arguments, Title(text)),
        ["swapcase"] = (text, arguments, _) => None("swapcase", arguments, string.Concat(text.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c)))),
        ["isdigit"] = (text, arguments, _) => None("isdigit", arguments, AllAre(text, Rune.IsDigit)),
        ["isnumeric"] = (text, arguments, _) => None("isnumeric", arguments, AllAre(text, Rune.IsNumber)),
        ["isalpha"] = (text, arguments, _) => None("isalpha", arguments, AllAre(text, Rune.IsLetter)),
        ["isalnum"] = (text, arguments, _) => None("isalnum", arguments, AllAre(text, rune => Rune.IsLetter(rune) || Rune.IsNumber(rune))),
        ["isspace"] = (text, arguments, _) => None("isspace", arguments, PythonText.IsSpace(text)),
        ["islower"] = (text, arguments, _) => None("islower", arguments, Tests.IsCased(text, char.IsUpper, char.IsLower)),
        ["isupper"] = (text, arguments, _) => None("isupper", arguments, Tests.IsCased(text, char.IsLower, char.IsUpper)),
        ["ljust"] = (text, arguments, interpreter) => Justify("ljust", text, arguments, interpreter.Budget, side: -1),
        ["rjust"] = (text, arguments, interpreter) => Justify("rjust", text, arguments, interpreter.Budget, side: 1),
        ["center"] = (text, arguments, interpreter) => Justify("center", text, arguments, interpreter.Budget, side: 0),
        ["zfill"] = Zfill,
        ["format"] = TextFormat.Braces,
    };

    public static Function? Find(string text, string name) => All.TryGetValue(name, out var method)
        ? new Function(name, (arguments, interpreter) =>
        {
            interpreter.Budget.Charge(text.Length);
            return interpreter.Provenance.Derive(method(text, arguments, interpreter), text, arguments);
        })
        : null;

    public static string Capitalize(string text) =>
        text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    public static string Replace(string text, string old, string with, long count, Interpreter interpreter)
    {
        if (count < 0) count = long.MaxValue;
        var found = Math.Min(count, Count(text, old));
        interpreter.Budget.Charge(text.Length + found * with.Length);
        if (found == 0) return text;
        var replaced = new AuthoredText(interpreter.Provenance);
        var from = 0;
        for (; found > 0; found--)
        {
            // An empty string is found before every character and at the end.
            var at = old.Length == 0 ? from : text.IndexOf(old, from, StringComparison.Ordinal);
            replaced.Append(text, from, at - from).Append(with);
            from = at + old.Length;
            if (old.Length > 0 || from >= text.Length) continue;
            var width = char.IsSurrogatePair(text, from) ? 2 : 1;
            replaced.Append(text, from, width);
            from += width;
        }
        return replaced.Append(text, from, text.Length - from).ToString();
    }

    /// <summary>The words between runs of white space; after <paramref name="count"/> splits (if not negative) the rest stays whole.</summary>
    public static List<object?> Words(string text, long count)
    {
        var words = new List<object?>();
        for (var at = 0; ;)
        {
            while (at < text.Length && PythonText.IsSpace(text[at])) at++;
            if (at == text.Length) return words;
            if (count >= 0 && words.Count == count)
            {
                words.Add(text[at..]);
                return words;
            }
            var start = at;
            while (at < text.Length && !PythonText.IsSpace(text[at])) at++;
            words.Add(text[start..at]);
        }
    }

    /// <summary>The lines; a line end at the very end begins no further line.</summary>
    public static List<string> Lines(string text, bool keepEnds)
    {
        var lines = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var length = text.AsSpan(start).IndexOfAny("\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029");
            var end = length < 0 ? text.Length : start + length;
            var next = Math.Min(text.Length, end + 1);
            if (next < text.Length && text[end] == '\r' && text[next] == '\n') next++;
            lines.Add(text[start..(keepEnds ? next : end)]);
            start = next;
        }
        return lines;
    }

    /// <summary>Fills up with a character: at the right (-1), at the left (1) or at both sides (0).</summary>
    public static string Pad(string text, long width, string fill, int side, Budget budget)
    {
        if (PythonText.Length(fill) != 1) throw new JinjaFault("the fill character must be exactly one character long");
        var missing = Math.Max(0, width - PythonText.Length(text));
        if (missing == 0) return text;
        budget.Charge(missing);
        var left = side switch
        {
            < 0 => 0,
            > 0 => missing,
            _ => missing / 2 + (missing & width & 1),
        };
        return Repeat(fill, left) + text + Repeat(fill, missing - left);

        static string Repeat(string fill, long times) => new StringBuilder().Insert(0, fill, (int)times).ToString();
    }

    public static string Strip(string text, object? characters, bool left, bool right, Interpreter interpreter)
    {
        var (start, length) = PythonText.Stripped(text, characters is null ? null : Python.ToText(characters), left, right);
        return interpreter.Provenance.Slice(text, start, length);
    }

    static string Strip(string name, string text, Arguments arguments, bool left, bool right, Interpreter interpreter) =>
        Strip(text, arguments.Bind(name, ("chars", null))[0], left, right, interpreter);

    static List<object?> Split(string text, Arguments arguments, Interpreter interpreter)
    {
        var given = arguments.Bind("split", ("sep", null), ("maxsplit", -1L));
        var count = Python.ToInteger(given[1]);
        if (given[0] is null) return Words(text, count);
        var separator = NotEmpty(Python.ToText(given[0]));
        var pieces = count < 0 ? text.Split(separator) : text.Split(separator, (int)Math.Min(count + 1, int.MaxValue));
        interpreter.Budget.Charge(pieces.Length * 8L);
        return [.. pieces];
    }

    static List<object?> RightSplit(string text, Arguments arguments, Interpreter interpreter)
    {
        var given = arguments.Bind("rsplit", ("sep", null), ("maxsplit", -1L));
        var count = Python.ToInteger(given[1]);
        if (count < 0) return Split(text, Arguments.Of(given[0]), interpreter);
        if (given[0] is null) throw new JinjaFault("rsplit with a maximum needs a separator");
        var separator = NotEmpty(Python.ToText(given[0]));
        var pieces = new List<object?>();
        for (int at; pieces.Count < count && (at = text.LastIndexOf(separator, StringComparison.Ordinal)) >= 0; text = text[..at])
        {
            interpreter.Budget.Charge(text.Length);
            pieces.Add(text[(at + separator.Length)..]);
        }
        pieces.Add(text);
        pieces.Reverse();
        return pieces;
    }

    static List<object?> SplitLines(string text, Arguments arguments, Interpreter interpreter)
    {
        var lines = Lines(text, Python.IsTrue(arguments.Bind("splitlines", ("keepends", false))[0]));
        interpreter.Budget.Charge(lines.Count * 8L);
        return [.. lines];
    }

    static PythonTuple Partition(string text, Arguments arguments, bool last)
    {
        var separator = NotEmpty(One("partition", arguments));
        var at = last ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        return new PythonTuple(at >= 0 ? [text[..at], separator, text[(at + separator.Length)..]] : last ? ["", "", text] : [text, "", ""]);
    }

    static string NotEmpty(string separator) => separator.Length > 0 ? separator : throw new JinjaFault("empty separator");

    static string Join(string separator, Arguments arguments, Interpreter interpreter)
    {
        var text = new AuthoredText(interpreter.Provenance);
        var isFirst = true;
        foreach (var item in Python.Iterate(arguments.Bind("join", ("iterable", Arguments.Required))[0], interpreter.Budget))
        {
            var next = Python.ToText(item);
            interpreter.Budget.Grow(text.Length, (long)separator.Length + next.Length);
            if (!isFirst) text.Append(separator);
            isFirst = false;
            text.Append(next);
        }
        return text.ToString();
    }

    static bool Any(string name, Arguments arguments, Func<string, bool> holds)
    {
        var affix = arguments.Bind(name, ("affix", Arguments.Required))[0];
        return affix is PythonTuple several ? several.Items.Any(item => holds(Python.ToText(item))) : holds(Python.ToText(affix));
    }

    static long Find(string name, string text, Arguments arguments, bool last)
    {
        var given = arguments.Bind(name, ("sub", Arguments.Required), ("start", null));
        var sought = Python.ToText(given[0]);
        if (given[1] is not null) throw new JinjaFault($"{name} with a start is not supported");
        var at = last ? text.LastIndexOf(sought, StringComparison.Ordinal) : text.IndexOf(sought, StringComparison.Ordinal);
        return at < 0 ? -1 : PythonText.Length(text[..at]);
    }

    static long Count(string text, string sought)
    {
        if (sought.Length == 0) return PythonText.Length(text) + 1;
        long count = 0;
        for (var at = 0; (at = text.IndexOf(sought, at, StringComparison.Ordinal)) >= 0; at += sought.Length) count++;
        return count;
    }

    /// <summary>Python's title case: every letter after what is no letter.</summary>
    static string Title(string text)
    {
        var titled = new StringBuilder(text.Length);
        var begins = true;
        foreach (var c in text)
        {
            titled.Append(begins ? char.ToUpperInvariant(c) : char.ToLowerInvariant(c));
            begins = !char.IsLetter(c);
        }
        return titled.ToString();
    }

    static string Justify(string name, string text, Arguments arguments, Budget budget, int side)
    {
        var given = arguments.Bind(name, ("width", Arguments.Required), ("fillchar", " "));
        return Pad(text, Python.ToInteger(given[0]), Python.ToText(given[1]), side, budget);
    }

    static string Zfill(string text, Arguments arguments, Interpreter interpreter)
    {
        var width = Python.ToInteger(arguments.Bind("zfill", ("width", Arguments.Required))[0]);
        var sign = text.Length > 0 && text[0] is '+' or '-' ? 1 : 0;
        return text[..sign] + Pad(text[sign..], width - sign, "0", 1, interpreter.Budget);
    }

    static bool AllAre(string text, Func<Rune, bool> holds) => text.Length > 0 && text.EnumerateRunes().All(holds);

    static string One(string name, Arguments arguments) => Python.ToText(arguments.Bind(name, ("argument", Arguments.Required))[0]);

    static T None<T>(string name, Arguments arguments, T value)
    {
        arguments.Bind(name);
        return value;
    }
}
