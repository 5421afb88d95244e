using Moesaic.Text.Jinja.Runtime;
using Moesaic.Text.Jinja.Values;

namespace Moesaic.Text.Jinja.Builtins;

/// <summary>What may stand after <c>|</c>.</summary>
static class Filters
{
    public delegate object? Body(object? value, Arguments arguments, Interpreter interpreter);

    static readonly Dictionary<string, Body> All = new Dictionary<string, Body>[]
    {
        TextFilters.All, NumberFilters.All, SequenceFilters.All, SelectionFilters.All,
        new()
        {
            ["default"] = Default,
            ["d"] = Default,
            ["tojson"] = (value, arguments, interpreter) => JsonText.Write(value, arguments, interpreter.Budget),
            ["attr"] = (value, arguments, _) => Members.PureAttribute(value, Python.ToText(arguments.Bind("attr", ("name", Arguments.Required))[0])),
        },
    }.SelectMany(group => group).ToDictionary(StringComparer.Ordinal);

    public static bool Exists(string name) => All.ContainsKey(name);

    public static object? Apply(string name, object? value, Arguments arguments, Interpreter interpreter) =>
        All.TryGetValue(name, out var filter)
            ? filter(value, arguments, interpreter)
            : throw new JinjaFault($"there is no filter '{name}'; known are {string.Join(", ", All.Keys.Order(StringComparer.Ordinal))}");

    static object? Default(object? value, Arguments arguments, Interpreter interpreter)
    {
        var given = arguments.Bind("default", ("default_value", ""), ("boolean", false));
        return value is Undefined || Python.IsTrue(given[1]) && !Python.IsTrue(value) ? given[0] : value;
    }
}
