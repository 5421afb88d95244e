using Moesaic.Text.Jinja.Runtime;
using Moesaic.Text.Jinja.Values;

namespace Moesaic.Text.Jinja.Builtins;

/// <summary>Methods of dictionaries, lists and tuples. Those that change their object are refused, as in Jinja's immutable sandbox.</summary>
static class CollectionMethods
{
    public static Function? Find(PythonDict dict, string name) => name switch
    {
        "items" => View("dict_items", () => Items(dict)),
        "keys" => View("dict_keys", () => [.. dict.Keys]),
        "values" => View("dict_values", () => [.. dict.Values]),
        "get" => new Function("get", (arguments, _) =>
        {
            var given = arguments.Bind("get", ("key", Arguments.Required), ("default", null));
            return dict.TryGet(given[0], out var value) ? value : given[1];
        }),
        "copy" => new Function("copy", (arguments, interpreter) =>
        {
            arguments.Bind("copy");
            return Copy(dict, interpreter);
        }),
        "clear" or "pop" or "popitem" or "setdefault" or "update" => Refused(name, "dictionary"),
        _ => null,
    };

    public static Function? Find(IReadOnlyList<object?> list, string name) => name switch
    {
        "count" => new Function("count", (arguments, interpreter) =>
        {
            var wanted = arguments.Bind("count", ("value", Arguments.Required))[0];
            interpreter.Budget.Charge(list.Count);
            return (long)list.Count(item => Python.AreEqual(item, wanted));
        }),
        "index" => new Function("index", (arguments, interpreter) =>
        {
            var wanted = arguments.Bind("index", ("value", Arguments.Required))[0];
            interpreter.Budget.Charge(list.Count);
            for (var i = 0; i < list.Count; i++)
                if (Python.AreEqual(list[i], wanted)) return (long)i;
            throw new JinjaFault($"{Python.Repr(wanted)} is not in the list");
        }),
        "copy" when list is List<object?> => new Function("copy", (arguments, interpreter) => Filters.Apply("list", list, arguments, interpreter)),
        "append" or "clear" or "extend" or "insert" or "pop" or "remove" or "reverse" or "sort" => Refused(name, "list"),
        _ => null,
    };

    public static List<object?> Items(PythonDict dict) =>
        [.. dict.Entries.Select(entry => new PythonTuple([entry.Key, entry.Value]))];

    static PythonDict Copy(PythonDict dict, Interpreter interpreter)
    {
        interpreter.Budget.Charge(dict.Count);
        var copy = new PythonDict();
        foreach (var (key, value) in dict.Entries) copy[key] = value;
        return copy;
    }

    static Function View(string kind, Func<List<object?>> items) => new(kind, (arguments, interpreter) =>
    {
        arguments.Bind(kind);
        var view = new PythonIterable(kind, items(), true);
        interpreter.Budget.Charge(view.Items.Count);
        return view;
    });

    static Function Refused(string name, string what) =>
        new(name, (_, _) => throw new JinjaFault($"a template may not change a {what}: '{name}' is not allowed"));
}
