using System.Numerics;
using Moesaic.Text.Jinja.Runtime;
using Moesaic.Text.Jinja.Values;

namespace Moesaic.Text.Jinja.Builtins;

/// <summary>What may stand after <c>is</c>.</summary>
static class Tests
{
    static readonly Dictionary<string, string> Comparisons = new(StringComparer.Ordinal)
    {
        ["eq"] = "==", ["equalto"] = "==", ["=="] = "==", ["ne"] = "!=", ["!="] = "!=",
        ["lt"] = "<", ["lessthan"] = "<", ["<"] = "<", ["le"] = "<=", ["<="] = "<=",
        ["gt"] = ">", ["greaterthan"] = ">", [">"] = ">", ["ge"] = ">=", [">="] = ">=", ["in"] = "in",
    };

    static readonly Dictionary<string, Func<object?, bool>> Plain = new(StringComparer.Ordinal)
    {
        ["defined"] = value => value is not Undefined,
        ["undefined"] = value => value is Undefined,
        ["none"] = value => value is null,
        ["true"] = value => value is true,
        ["false"] = value => value is false,
        ["boolean"] = value => value is bool,
        ["string"] = value => value is string,
        ["number"] = Python.IsNumber,
        ["integer"] = value => value is long or BigInteger,
        ["float"] = value => value is double,
        ["mapping"] = value => value is PythonDict,
        ["iterable"] = Python.IsIterable,
        ["sequence"] = value => value is string or List<object?> or PythonTuple or PythonDict or Undefined,
        ["callable"] = value => value is Function,
        ["odd"] = value => Python.ToInteger(value) % 2 != 0,
        ["even"] = value => Python.ToInteger(value) % 2 == 0,
        ["lower"] = value => IsCased(Python.Text(value), char.IsUpper, char.IsLower),
        ["upper"] = value => IsCased(Python.Text(value), char.IsLower, char.IsUpper),
    };

    public static bool Holds(string name, object? value, Arguments arguments, Interpreter interpreter)
    {
        if (Comparisons.TryGetValue(name, out var symbol))
            return Operators.Compare(symbol, value, arguments.Bind($"the test '{name}'", ("other", Arguments.Required))[0], interpreter.Budget);
        if (Plain.TryGetValue(name, out var test))
        {
            arguments.Bind($"the test '{name}'");
            return test(value);
        }
        switch (name)
        {
            case "divisibleby":
                var divisor = Python.ToInteger(arguments.Bind(name, ("num", Arguments.Required))[0]);
                return divisor == 0 ? throw new JinjaFault("division by zero") : divisor == -1 || Python.ToInteger(value) % divisor == 0;
            case "sameas":
                var other = arguments.Bind(name, ("other", Arguments.Required))[0];
                return value is null or bool or long or string
                    ? value?.GetType() == other?.GetType() && Python.AreEqual(value, other)
                    : ReferenceEquals(value, other);
            case "filter": return Filters.Exists(Python.ToText(value));
            case "test": return Exists(Python.ToText(value));
            default: throw new JinjaFault($"there is no test '{name}'");
        }
    }

    static bool Exists(string name) =>
        Comparisons.ContainsKey(name) || Plain.ContainsKey(name) || name is "divisibleby" or "sameas" or "filter" or "test";

    internal static bool IsCased(string text, Func<char, bool> forbidden, Func<char, bool> needed) =>
        !text.Any(forbidden) && text.Any(needed);
}
