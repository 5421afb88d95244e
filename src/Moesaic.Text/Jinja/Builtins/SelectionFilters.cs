using System.Globalization;
using Moesaic.Text.Jinja.Runtime;
using Moesaic.Text.Jinja.Values;

namespace Moesaic.Text.Jinja.Builtins;

/// <summary>Filters that look at each item: map, select, reject and their like.</summary>
static class SelectionFilters
{
    public static readonly Dictionary<string, Filters.Body> All = new(StringComparer.Ordinal)
    {
        ["map"] = Map,
        ["select"] = (value, arguments, interpreter) => Select(value, arguments, interpreter, wanted: true),
        ["reject"] = (value, arguments, interpreter) => Select(value, arguments, interpreter, wanted: false),
        ["selectattr"] = (value, arguments, interpreter) => SelectBy("selectattr", value, arguments, interpreter, wanted: true),
        ["rejectattr"] = (value, arguments, interpreter) => SelectBy("rejectattr", value, arguments, interpreter, wanted: false),
        ["groupby"] = GroupBy,
        ["batch"] = Batch,
    };

    /// <summary>The member of an item named by a dotted path or an index.</summary>
    public static object? Path(object? item, object? path)
    {
        if (path is not string dotted) return Members.Item(item, path);
        foreach (var name in dotted.Split('.'))
            item = Members.Item(item, long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : name);
        return item;
    }

    static PythonIterable Map(object? value, Arguments arguments, Interpreter interpreter)
    {
        Func<object?, object?> map;
        if (arguments.Positional.Count == 0)
        {
            var given = arguments.Bind("map", ("attribute", Arguments.Required), ("default", null));
            map = item => Path(item, given[0]) is var member && member is Undefined && given[1] is not null ? given[1] : member;
        }
        else
        {
            var (name, rest) = (Python.ToText(arguments.Positional[0]), arguments.Skip(1));
            map = item => Filters.Apply(name, item, rest, interpreter);
        }
        var mapped = new List<object?>();
        foreach (var item in Python.Iterate(value, interpreter.Budget))
        {
            interpreter.Budget.Step();
            mapped.Add(map(item));
        }
        return new PythonIterable("generator", mapped, false);
    }

    static PythonIterable SelectBy(string name, object? value, Arguments arguments, Interpreter interpreter, bool wanted)
    {
        if (arguments.Positional.Count == 0) throw new JinjaFault($"the filter {name} needs the name of an attribute");
        var path = arguments.Positional[0];
        return Select(value, arguments.Skip(1), interpreter, wanted, item => Path(item, path));
    }

    static PythonIterable Select(
        object? value, Arguments arguments, Interpreter interpreter, bool wanted, Func<object?, object?>? member = null)
    {
        var test = arguments.Positional.Count > 0 ? Python.ToText(arguments.Positional[0]) : null;
        var rest = arguments.Skip(1);
        var selected = new List<object?>();
        if (value is not null)
            foreach (var item in Python.Iterate(value, interpreter.Budget))
            {
                interpreter.Budget.Step();
                var looked = member is null ? item : member(item);
                if ((test is null ? Python.IsTrue(looked) : Tests.Holds(test, looked, rest, interpreter)) == wanted) selected.Add(item);
            }
        return new PythonIterable("generator", selected, false);
    }

    static List<object?> GroupBy(object? value, Arguments arguments, Interpreter interpreter)
    {
        var given = arguments.Bind("groupby", ("attribute", Arguments.Required), ("default", null), ("case_sensitive", false));
        object? Member(object? item) => Path(item, given[0]) is var member && member is Undefined && given[1] is not null ? given[1] : member;
        object? Key(object? item) => Member(item) is var member && member is string text && !Python.IsTrue(given[2]) ? text.ToLowerInvariant() : member;

        var groups = new List<object?>();
        object? last = null;
        List<object?>? group = null;
        var sorted = (List<object?>)Filters.Apply("sort", value,
            new Arguments([], new Dictionary<string, object?>(StringComparer.Ordinal) { ["attribute"] = given[0], ["case_sensitive"] = given[2] }), interpreter)!;
        foreach (var item in sorted)
        {
            var key = Key(item);
            if (group is null || !Python.AreEqual(key, last))
            {
                group = [];
                groups.Add(new PythonTuple([Member(item), group]));
            }
            last = key;
            group.Add(item);
        }
        return groups;
    }

    static PythonIterable Batch(object? value, Arguments arguments, Interpreter interpreter)
    {
        var given = arguments.Bind("batch", ("linecount", Arguments.Required), ("fill_with", null));
        var size = Python.ToInteger(given[0]);
        if (size < 1) throw new JinjaFault("a batch holds at least one item");
        var items = Python.Iterate(value, interpreter.Budget);
        interpreter.Budget.Charge(items.Count);
        var batches = items.Chunk((int)Math.Min(size, Math.Max(1, items.Count))).Select(chunk => new List<object?>(chunk)).ToList();
        if (given[1] is not null && batches.Count > 0)
        {
            interpreter.Budget.Charge(size);
            while (batches[^1].Count < size) batches[^1].Add(given[1]);
        }
        return new PythonIterable("generator", [.. batches], false);
    }
}
