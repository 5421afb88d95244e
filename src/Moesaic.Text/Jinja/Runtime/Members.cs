using Moesaic.Text.Jinja.Builtins;
using Moesaic.Text.Jinja.Values;

namespace Moesaic.Text.Jinja.Runtime;

/// <summary>
/// Access to members. As in Jinja, <c>a.b</c> tries Python's attribute first and the item after it, and <c>a['b']</c> the
/// other way round: a dictionary without the key 'items' gives its method of that name.
/// </summary>
static class Members
{
    public static object? Attribute(object? target, string name)
    {
        if (target is Undefined missing) throw missing.Fault();
        return AttributeOf(target, name, out var value) || ItemOf(target, name, out value) ? value : Undefined.Member(target, name);
    }

    /// <summary>Python's attribute alone, never an item.</summary>
    public static object? PureAttribute(object? target, string name)
    {
        if (target is Undefined missing) throw missing.Fault();
        return AttributeOf(target, name, out var value) ? value : Undefined.Member(target, name);
    }

    public static object? Item(object? target, object? index)
    {
        if (target is Undefined missing) throw missing.Fault();
        if (ItemOf(target, index, out var value)) return value;
        return index is string name && AttributeOf(target, name, out value) ? value : Undefined.Member(target, index);
    }

    static bool AttributeOf(object? target, string name, out object? value)
    {
        value = target switch
        {
            LoopState loop => loop.Member(name),
            PythonNamespace ns when ns.Members.TryGet(name, out var member) => member ?? Absent,
            string text => TextMethods.Find(text, name),
            PythonDict dict => CollectionMethods.Find(dict, name),
            List<object?> list => CollectionMethods.Find(list, name),
            PythonTuple tuple => CollectionMethods.Find(tuple.Items, name),
            _ => null,
        };
        var found = value is not null;
        if (value == Absent) value = null;
        return found;
    }

    /// <summary>Marks a member that exists and holds None.</summary>
    static readonly object Absent = new();

    static bool ItemOf(object? target, object? index, out object? value)
    {
        value = null;
        switch (target)
        {
            case PythonDict dict: return dict.TryGet(index, out value);
            case string text when index is long or bool:
                var characters = PythonText.Length(text);
                if (!Position(index, characters, out var at)) return false;
                value = characters == text.Length ? text[at].ToString() : PythonText.Characters(text)[at];
                return true;
            case List<object?> list when index is long or bool: return At(list, index, out value);
            case PythonTuple tuple when index is long or bool: return At(tuple.Items, index, out value);
            default: return false;
        }
    }

    static bool At(IReadOnlyList<object?> items, object? index, out object? value)
    {
        value = null;
        if (!Position(index, items.Count, out var at)) return false;
        value = items[at];
        return true;
    }

    static bool Position(object? index, int count, out int at)
    {
        var position = Python.ToInteger(index);
        if (position < 0) position += count;
        at = (int)Math.Clamp(position, 0, int.MaxValue);
        return position >= 0 && position < count;
    }

    /// <summary>Python's slice of a string, list or tuple; an undefined target gives a fault, as in Jinja.</summary>
    public static object? Slice(object? target, object? start, object? stop, object? step, Interpreter interpreter)
    {
        var budget = interpreter.Budget;
        switch (target)
        {
            case Undefined missing: throw missing.Fault();
            case List<object?> list: return Taken(list);
            case PythonTuple tuple: return new PythonTuple(Taken(tuple.Items));
            case string text when PythonText.Length(text) == text.Length && step is null or 1L:
                var (from, to, _) = Bounds(text.Length);
                budget.Charge(Math.Max(0, to - from));
                return to > from ? interpreter.Provenance.Slice(text, (int)from, (int)(to - from)) : "";
            case string text:
                budget.Charge(text.Length * 8L);
                return string.Concat(Taken(PythonText.Characters(text)));
            default: return Undefined.Member(target, "slice");
        }

        List<object?> Taken(IReadOnlyList<object?> items)
        {
            budget.Charge(items.Count);
            var (from, to, by) = Bounds(items.Count);
            var taken = new List<object?>();
            for (var i = from; by > 0 ? i < to : i > to; i += by) taken.Add(items[(int)i]);
            return taken;
        }

        (long From, long To, long By) Bounds(long count)
        {
            var by = step is null ? 1 : Math.Clamp(Python.ToInteger(step), -int.MaxValue, int.MaxValue);
            if (by == 0) throw new JinjaFault("a slice can not step by zero");
            long low = by > 0 ? 0 : -1, high = by > 0 ? count : count - 1;
            return (Bound(start, by > 0 ? low : high), Bound(stop, by > 0 ? high : low), by);

            long Bound(object? bound, long absent)
            {
                if (bound is null) return absent;
                var at = Python.ToInteger(bound);
                return Math.Clamp(at < 0 ? at + count : at, low, high);
            }
        }
    }
}
