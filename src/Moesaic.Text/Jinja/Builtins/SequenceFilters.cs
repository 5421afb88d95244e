using Moesaic.Text.Jinja.Runtime;
using Moesaic.Text.Jinja.Values;

namespace Moesaic.Text.Jinja.Builtins;

/// <summary>Filters on lists and other sequences as a whole.</summary>
static class SequenceFilters
{
    public static readonly Dictionary<string, Filters.Body> All = new(StringComparer.Ordinal)
    {
        ["length"] = Length,
        ["count"] = Length,
        ["list"] = (value, arguments, interpreter) => Copy("list", value, arguments, interpreter),
        ["items"] = Items,
        ["join"] = Join,
        ["first"] = (value, arguments, interpreter) => End("first", value, arguments, interpreter, last: false),
        ["last"] = (value, arguments, interpreter) => End("last", value, arguments, interpreter, last: true),
        ["reverse"] = Reverse,
        ["sort"] = Sort,
        ["dictsort"] = DictSort,
        ["unique"] = Unique,
        ["min"] = (value, arguments, interpreter) => Extreme("min", value, arguments, interpreter, sign: -1),
        ["max"] = (value, arguments, interpreter) => Extreme("max", value, arguments, interpreter, sign: 1),
        ["sum"] = Sum,
    };

    static object? Length(object? value, Arguments arguments, Interpreter interpreter)
    {
        arguments.Bind("length");
        return Python.Length(value);
    }

    static List<object?> Copy(string name, object? value, Arguments arguments, Interpreter interpreter)
    {
        arguments.Bind(name);
        var items = Python.Iterate(value, interpreter.Budget);
        interpreter.Budget.Charge(items.Count);
        return [.. items];
    }

    static PythonIterable Items(object? value, Arguments arguments, Interpreter interpreter)
    {
        arguments.Bind("items");
        return value switch
        {
            Undefined => new PythonIterable("generator", [], false),
            PythonDict dict => new PythonIterable("generator", CollectionMethods.Items(dict), false),
            _ => throw new JinjaFault($"the filter items needs a mapping, got '{Python.TypeName(value)}'"),
        };
    }

    static string Join(object? value, Arguments arguments, Interpreter interpreter)
    {
        var given = arguments.Bind("join", ("d", ""), ("attribute", null));
        var separator = interpreter.Provenance.Print(given[0]);
        var text = new AuthoredText(interpreter.Provenance);
        var isFirst = true;
        foreach (var item in Python.Iterate(value, interpreter.Budget))
        {
            var next = interpreter.Provenance.Print(given[1] is null ? item : SelectionFilters.Path(item, given[1]));
            interpreter.Budget.Grow(text.Length, (long)separator.Length + next.Length);
            if (!isFirst) text.Append(separator);
            isFirst = false;
            text.Append(next);
        }
        return text.ToString();
    }

    static object? End(string name, object? value, Arguments arguments, Interpreter interpreter, bool last)
    {
        arguments.Bind(name);
        var items = Python.Iterate(value, interpreter.Budget);
        return items.Count == 0 ? new Undefined("no " + name + " item, sequence was empty") : last ? items[^1] : items[0];
    }

    static object? Reverse(object? value, Arguments arguments, Interpreter interpreter)
    {
        var items = Copy("reverse", value, arguments, interpreter);
        items.Reverse();
        return value is string ? string.Concat(items) : new PythonIterable("reversed", items, false);
    }

    static List<object?> Sort(object? value, Arguments arguments, Interpreter interpreter)
    {
        var given = arguments.Bind("sort", ("reverse", false), ("case_sensitive", false), ("attribute", null));
        return Sorted(Python.Iterate(value, interpreter.Budget), item => Key(item, given[1], given[2]), Python.IsTrue(given[0]), interpreter);
    }

    static List<object?> DictSort(object? value, Arguments arguments, Interpreter interpreter)
    {
        var given = arguments.Bind("dictsort", ("case_sensitive", false), ("by", "key"), ("reverse", false));
        if (value is not PythonDict dict) throw new JinjaFault($"the filter dictsort needs a mapping, got '{Python.TypeName(value)}'");
        var by = Python.ToText(given[1]) switch
        {
            "key" => 0,
            "value" => 1,
            _ => throw new JinjaFault("dictsort sorts by 'key' or by 'value'"),
        };
        return Sorted(CollectionMethods.Items(dict), item => Key(((PythonTuple)item!).Items[by], given[0], null), Python.IsTrue(given[2]), interpreter);
    }

    static List<object?> Sorted(IReadOnlyList<object?> items, Func<object?, object?> key, bool reverse, Interpreter interpreter)
    {
        interpreter.Budget.Charge(items.Count * 64L);
        var comparer = Comparer<object?>.Create((a, b) => Python.Compare(a, b));
        try
        {
            return [.. reverse ? items.OrderByDescending(key, comparer) : items.OrderBy(key, comparer)];
        }
        catch (InvalidOperationException e) when (e.InnerException is JinjaFault fault)
        {
            throw new JinjaFault(fault.Message);
        }
    }

    static List<object?> Unique(object? value, Arguments arguments, Interpreter interpreter)
    {
        var given = arguments.Bind("unique", ("case_sensitive", false), ("attribute", null));
        var seen = new PythonDict();
        var unique = new List<object?>();
        foreach (var item in Python.Iterate(value, interpreter.Budget))
        {
            interpreter.Budget.Step();
            var key = Key(item, given[0], given[1]);
            if (seen.Contains(key)) continue;
            seen[key] = null;
            unique.Add(item);
        }
        return unique;
    }

    static object? Extreme(string name, object? value, Arguments arguments, Interpreter interpreter, int sign)
    {
        var given = arguments.Bind(name, ("case_sensitive", false), ("attribute", null));
        var items = Python.Iterate(value, interpreter.Budget);
        if (items.Count == 0) return new Undefined("No aggregated item, sequence was empty.");
        interpreter.Budget.Charge(items.Count);
        var best = items[0];
        foreach (var item in items.Skip(1))
            if (Math.Sign(Python.Compare(Key(item, given[0], given[1]), Key(best, given[0], given[1]))) == sign) best = item;
        return best;
    }

    static object? Sum(object? value, Arguments arguments, Interpreter interpreter)
    {
        var given = arguments.Bind("sum", ("attribute", null), ("start", 0L));
        var sum = given[1];
        foreach (var item in Python.Iterate(value, interpreter.Budget))
            sum = Operators.Arithmetic("+", sum, given[0] is null ? item : SelectionFilters.Path(item, given[0]), interpreter);
        return sum;
    }

    static object? Key(object? item, object? caseSensitive, object? attribute)
    {
        var key = attribute is null ? item : SelectionFilters.Path(item, attribute);
        return key is string text && !Python.IsTrue(caseSensitive) ? text.ToLowerInvariant() : key;
    }
}
