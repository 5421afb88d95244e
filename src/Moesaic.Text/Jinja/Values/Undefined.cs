namespace Moesaic.Text.Jinja.Values;

/// <summary>
/// The value of what does not exist. It prints as nothing, is false and empty, and faults when calculated with; the
/// message tells what was missing.
/// </summary>
sealed class Undefined(string why)
{
    public JinjaFault Fault() => new(why);

    public static Undefined Name(string name) => new($"'{name}' is undefined");

    public static Undefined Member(object? target, object? name) => new(target is Undefined missing
        ? missing.Fault().Message
        : name is string ? $"'{Python.TypeName(target)}' has no attribute '{name}'"
        : $"'{Python.TypeName(target)}' has no element {Python.Repr(name)}");
}
