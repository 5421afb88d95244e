using Moesaic.Text.Jinja.Values;

namespace Moesaic.Text.Jinja.Runtime;

/// <summary>The variable <c>loop</c>.</summary>
sealed class LoopState(IReadOnlyList<object?> items, int depth, Func<object?, object?>? recurse)
{
    object? changedTo;
    bool hasChanged;

    public int Index { get; set; }

    public int Depth => depth;

    public object? Recurse(object? children) =>
        recurse is null ? throw new JinjaFault("only a loop marked 'recursive' can be called") : recurse(children);

    public object? Member(string name) => name switch
    {
        "index" => Index + 1L,
        "index0" => (long)Index,
        "revindex" => (long)items.Count - Index,
        "revindex0" => items.Count - Index - 1L,
        "first" => Index == 0,
        "last" => Index == items.Count - 1,
        "length" => (long)items.Count,
        "depth" => depth + 1L,
        "depth0" => (long)depth,
        "previtem" => Index > 0 ? items[Index - 1] : new Undefined("there is no previous item"),
        "nextitem" => Index + 1 < items.Count ? items[Index + 1] : new Undefined("there is no next item"),
        "cycle" => new Function("loop.cycle", (arguments, _) => arguments.Positional.Count == 0
            ? throw new JinjaFault("loop.cycle needs something to cycle through")
            : arguments.Positional[Index % arguments.Positional.Count]),
        "changed" => new Function("loop.changed", (arguments, _) => Changed(new PythonTuple(arguments.Positional))),
        _ => new Undefined($"'loop' has no attribute '{name}'"),
    };

    bool Changed(PythonTuple value)
    {
        if (hasChanged && Python.AreEqual(changedTo, value)) return false;
        (changedTo, hasChanged) = (value, true);
        return true;
    }
}
