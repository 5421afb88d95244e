using System.Globalization;
using System.Numerics;
using System.Text;
using Moesaic.Text.Jinja.Runtime;
using Moesaic.Text.Jinja.Values;

namespace Moesaic.Text.Jinja.Builtins;

/// <summary>Python's <c>json.dumps</c>, which is transformers' <c>tojson</c>.</summary>
sealed class JsonText
{
    const int MaxNesting = 200;

    readonly StringBuilder text = new();
    readonly Budget budget;
    readonly bool ascii, sorted;
    readonly string? indent;
    readonly string itemSeparator, keySeparator;

    JsonText(Budget budget, bool ascii, string? indent, object? separators, bool sorted)
    {
        (this.budget, this.ascii, this.indent, this.sorted) = (budget, ascii, indent, sorted);
        (itemSeparator, keySeparator) = (indent is null ? ", " : ",", ": ");
        if (separators is null) return;
        var pair = Python.Iterate(separators, budget);
        if (pair.Count != 2) throw new JinjaFault("tojson needs two separators");
        (itemSeparator, keySeparator) = (Python.ToText(pair[0]), Python.ToText(pair[1]));
    }

    public static string Write(object? value, Arguments arguments, Budget budget)
    {
        var given = arguments.Bind("tojson",
            ("ensure_ascii", false), ("indent", null), ("separators", null), ("sort_keys", false));
        var json = new JsonText(budget, Python.IsTrue(given[0]), Indent(given[1], budget), given[2], Python.IsTrue(given[3]));
        json.Append(value, 0);
        return json.text.ToString();
    }

    static string? Indent(object? indent, Budget budget)
    {
        if (indent is null or string) return (string?)indent;
        var width = Math.Max(0, Python.ToInteger(indent));
        budget.Charge(width);
        return new string(' ', (int)width);
    }

    void Append(object? value, int depth)
    {
        if (depth > MaxNesting) throw new JinjaFault($"values are nested deeper than {MaxNesting}");
        budget.Grow(text.Length, 1);
        switch (value)
        {
            case null: text.Append("null"); break;
            case bool truth: text.Append(truth ? "true" : "false"); break;
            case long or BigInteger: text.Append(CultureInfo.InvariantCulture, $"{value}"); break;
            case double number: text.Append(Number(number)); break;
            case string characters: AppendString(characters); break;
            case List<object?> list: AppendAll('[', list, ']', depth, item => Append(item, depth + 1)); break;
            case PythonTuple tuple: AppendAll('[', tuple.Items, ']', depth, item => Append(item, depth + 1)); break;
            case PythonDict dict: AppendAll('{', Entries(dict), '}', depth, entry => AppendEntry(entry, depth)); break;
            default: throw new JinjaFault($"a value of type '{Python.TypeName(value)}' has no JSON form");
        }
    }

    static string Number(double number) => double.IsNaN(number) ? "NaN"
        : double.IsInfinity(number) ? number > 0 ? "Infinity" : "-Infinity"
        : PythonText.Number(number);

    List<KeyValuePair<string, object?>> Entries(PythonDict dict)
    {
        var entries = dict.Entries.Select(entry => KeyValuePair.Create(Key(entry.Key), entry.Value)).ToList();
        if (sorted) entries.Sort((a, b) => PythonText.Compare(a.Key, b.Key));
        return entries;
    }

    static string Key(object key) => key switch
    {
        string name => name,
        bool truth => truth ? "true" : "false",
        double number => Number(number),
        long => Python.Repr(key),
        _ => throw new JinjaFault($"a key of type '{Python.TypeName(key)}' has no JSON form"),
    };

    void AppendEntry(KeyValuePair<string, object?> entry, int depth)
    {
        AppendString(entry.Key);
        text.Append(keySeparator);
        Append(entry.Value, depth + 1);
    }

    void AppendAll<T>(char open, IReadOnlyList<T> items, char close, int depth, Action<T> append)
    {
        text.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0) text.Append(itemSeparator);
            NewLine(depth + 1);
            append(items[i]);
        }
        if (items.Count > 0) NewLine(depth);
        text.Append(close);
    }

    void NewLine(int depth)
    {
        if (indent is null) return;
        budget.Grow(text.Length, (long)indent.Length * depth);
        text.Append('\n');
        for (var i = 0; i < depth; i++) text.Append(indent);
    }

    void AppendString(string characters)
    {
        budget.Grow(text.Length, characters.Length);
        text.Append('"');
        foreach (var c in characters)
        {
            switch (c)
            {
                case '"': text.Append("\\\""); break;
                case '\\': text.Append("\\\\"); break;
                case '\n': text.Append("\\n"); break;
                case '\r': text.Append("\\r"); break;
                case '\t': text.Append("\\t"); break;
                case '\f': text.Append("\\f"); break;
                case '\b': text.Append("\\b"); break;
                case < ' ': text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"); break;
                case > '~' when ascii: text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"); break;
                default: text.Append(c); break;
            }
        }
        text.Append('"');
    }
}
