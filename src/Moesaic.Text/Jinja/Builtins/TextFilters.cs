using System.Text;
using Moesaic.Text.Jinja.Runtime;
using Moesaic.Text.Jinja.Values;

namespace Moesaic.Text.Jinja.Builtins;

/// <summary>Filters on text.</summary>
static class TextFilters
{
    public static readonly Dictionary<string, Filters.Body> All = new(StringComparer.Ordinal)
    {
        ["string"] = (value, arguments, _) => Plain("string", value, arguments),
        ["safe"] = (value, arguments, _) => Plain("safe", value, arguments),
        ["lower"] = (value, arguments, _) => Plain("lower", value, arguments).ToLowerInvariant(),
        ["upper"] = (value, arguments, _) => Plain("upper", value, arguments).ToUpperInvariant(),
        ["capitalize"] = (value, arguments, _) => TextMethods.Capitalize(Plain("capitalize", value, arguments)),
        ["title"] = (value, arguments, _) => Title(Plain("title", value, arguments)),
        ["wordcount"] = (value, arguments, _) => (long)TextMethods.Words(Plain("wordcount", value, arguments), -1).Count,
        ["trim"] = Trim,
        ["replace"] = Replace,
        ["indent"] = Indent,
        ["center"] = Center,
        ["format"] = (value, arguments, interpreter) => TextFormat.Percent(Python.Text(value), arguments, interpreter),
    };

    static string Plain(string name, object? value, Arguments arguments)
    {
        arguments.Bind(name);
        return Python.Text(value);
    }

    static string Trim(object? value, Arguments arguments, Interpreter interpreter)
    {
        var characters = arguments.Bind("trim", ("chars", null))[0];
        return TextMethods.Strip(Python.Text(value), characters, left: true, right: true, interpreter);
    }

    static string Replace(object? value, Arguments arguments, Interpreter interpreter)
    {
        var given = arguments.Bind("replace", ("old", Arguments.Required), ("new", Arguments.Required), ("count", null));
        return TextMethods.Replace(Python.Text(value), Python.Text(given[0]), Python.Text(given[1]),
            given[2] is null ? -1 : Python.ToInteger(given[2]), interpreter);
    }

    static string Indent(object? value, Arguments arguments, Interpreter interpreter)
    {
        var given = arguments.Bind("indent", ("width", 4L), ("first", false), ("blank", false));
        var indent = given[0] as string;
        if (indent is null)
        {
            var width = Math.Max(0, Python.ToInteger(given[0]));
            interpreter.Budget.Charge(width);
            indent = new string(' ', (int)width);
        }
        var lines = TextMethods.Lines(Python.Text(value) + "\n", keepEnds: false);
        interpreter.Budget.Charge((long)lines.Count * indent.Length);
        var text = new StringBuilder(Python.IsTrue(given[1]) ? indent : "");
        for (var i = 0; i < lines.Count; i++)
        {
            if (i > 0) text.Append('\n');
            if (i > 0 && (lines[i].Length > 0 || Python.IsTrue(given[2]))) text.Append(indent);
            text.Append(lines[i]);
        }
        return text.ToString();
    }

    static string Center(object? value, Arguments arguments, Interpreter interpreter)
    {
        var width = Python.ToInteger(arguments.Bind("center", ("width", 80L))[0]);
        return TextMethods.Pad(Python.Text(value), width, " ", 0, interpreter.Budget);
    }

    /// <summary>Jinja's own title case: a word begins after white space, a hyphen or an opening bracket.</summary>
    static string Title(string text)
    {
        var titled = new StringBuilder(text.Length);
        var begins = true;
        foreach (var c in text)
        {
            titled.Append(begins ? char.ToUpperInvariant(c) : char.ToLowerInvariant(c));
            begins = PythonText.IsSpace(c) || c is '-' or '(' or '{' or '[' or '<';
        }
        return titled.ToString();
    }
}
