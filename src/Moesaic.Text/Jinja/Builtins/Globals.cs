using Moesaic.Text.Jinja.Runtime;
using Moesaic.Text.Jinja.Values;

namespace Moesaic.Text.Jinja.Builtins;

/// <summary>The functions every template sees.</summary>
static class Globals
{
    const long MaxRange = 100_000;

    static readonly Dictionary<string, Function> Functions = new[]
    {
        new Function("range", Range),
        new Function("dict", Dict),
        new Function("namespace", Namespace),
        new Function("raise_exception", Raise),
        new Function("strftime_now", StrftimeNow),
    }.ToDictionary(function => function.Name, StringComparer.Ordinal);

    public static bool TryGet(string name, out object? value)
    {
        var found = Functions.TryGetValue(name, out var function);
        value = function;
        return found;
    }

    static List<object?> Range(Arguments arguments, Interpreter interpreter)
    {
        var given = arguments.Bind("range", ("start", Arguments.Required), ("stop", null), ("step", 1L));
        long start = Python.ToInteger(given[0]), stop = 0, step = Python.ToInteger(given[2]);
        if (arguments.Positional.Count == 1) (start, stop) = (0, start);
        else stop = Python.ToInteger(given[1]);
        if (step == 0) throw new JinjaFault("range can not step by zero");
        var count = step > 0 ? Count(start, stop, step) : Count(stop, start, -(Int128)step);
        if (count > MaxRange) throw new JinjaFault($"a range may hold at most {MaxRange} items");
        interpreter.Budget.Charge((long)count);
        var items = new List<object?>((int)count);
        for (var i = 0; i < count; i++) items.Add(start + i * step);
        return items;

        static Int128 Count(Int128 low, Int128 high, Int128 step) => high <= low ? 0 : (high - low + step - 1) / step;
    }

    static PythonDict Dict(Arguments arguments, Interpreter interpreter)
    {
        var made = new PythonDict();
        if (arguments.Positional.Count > 1) throw new JinjaFault("dict takes at most 1 positional argument");
        foreach (var source in arguments.Positional)
        {
            if (source is PythonDict dict)
                foreach (var (key, value) in dict.Entries) made[key] = value;
            else
                foreach (var pair in Python.Iterate(source, interpreter.Budget))
                {
                    var items = Python.Iterate(pair, interpreter.Budget);
                    if (items.Count != 2) throw new JinjaFault("dict needs pairs of a key and a value");
                    made[items[0]] = items[1];
                }
        }
        foreach (var (key, value) in arguments.Named) made[key] = value;
        return made;
    }

    static PythonNamespace Namespace(Arguments arguments, Interpreter interpreter)
    {
        var made = new PythonNamespace();
        foreach (var (key, value) in Dict(arguments, interpreter).Entries) made.Members[key] = value;
        return made;
    }

    static object? Raise(Arguments arguments, Interpreter interpreter) =>
        throw new JinjaFault(Python.Text(arguments.Bind("raise_exception", ("message", Arguments.Required))[0]));

    static string StrftimeNow(Arguments arguments, Interpreter interpreter) => Strftime.Format(
        interpreter.Time.GetLocalNow(), Python.ToText(arguments.Bind("strftime_now", ("format", Arguments.Required))[0]));
}
