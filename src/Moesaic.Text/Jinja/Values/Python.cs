using System.Globalization;
using System.Numerics;
using System.Text;
using Moesaic.Text.Jinja.Runtime;

namespace Moesaic.Text.Jinja.Values;

/// <summary>
/// What Python does with values. A value is null (None), bool, long, BigInteger (outside 64 bits: printed, never
/// calculated with), double, string, a list (<see cref="List{T}"/> of values), or one of the types of this folder.
/// </summary>
static class Python
{
    const int MaxNesting = 200;

    public static string TypeName(object? value) => value switch
    {
        null => "None",
        bool => "bool object",
        long or BigInteger => "int object",
        double => "float object",
        string => "str object",
        List<object?> => "list object",
        PythonTuple => "tuple object",
        PythonDict => "dict object",
        PythonIterable iterable => iterable.Kind + " object",
        PythonNamespace => "namespace object",
        Undefined => "Undefined",
        _ => "function object",
    };

    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool truth => truth,
        long number => number != 0,
        double number => number != 0,
        BigInteger number => !number.IsZero,
        string text => text.Length > 0,
        List<object?> list => list.Count > 0,
        PythonTuple tuple => tuple.Items.Count > 0,
        PythonDict dict => dict.Count > 0,
        PythonIterable { HasLength: true } view => view.Items.Count > 0,
        _ => true,
    };

    public static bool IsNumber(object? value) => value is long or double or bool or BigInteger;

    public static double ToDouble(object? value) => value switch
    {
        long number => number,
        double number => number,
        BigInteger number => (double)number,
        bool truth => truth ? 1 : 0,
        _ => throw Wrong("a number", value),
    };

    /// <summary>An integer argument or operand; bool counts as 0 or 1.</summary>
    public static long ToInteger(object? value) => value switch
    {
        long number => number,
        bool truth => truth ? 1 : 0,
        _ => throw Wrong("an integer", value),
    };

    public static string ToText(object? value) => value as string ?? throw Wrong("a string", value);

    static JinjaFault Wrong(string expected, object? value) =>
        value is Undefined missing ? missing.Fault() : new JinjaFault($"expected {expected}, got '{TypeName(value)}'");

    public static bool AreEqual(object? left, object? right) => AreEqual(left, right, 0);

    static bool AreEqual(object? left, object? right, int depth)
    {
        if (depth > MaxNesting) throw new JinjaFault($"values are nested deeper than {MaxNesting}");
        return (left, right) switch
        {
            (null, null) or (Undefined, Undefined) => true,
            (string a, string b) => string.Equals(a, b, StringComparison.Ordinal),
            (long a, long b) => a == b,
            (BigInteger a, BigInteger b) => a == b,
            (List<object?> a, List<object?> b) => AllEqual(a, b, depth),
            (PythonTuple a, PythonTuple b) => AllEqual(a.Items, b.Items, depth),
            (PythonDict a, PythonDict b) => a.Count == b.Count
                && a.Entries.All(entry => b.TryGet(entry.Key, out var other) && AreEqual(entry.Value, other, depth + 1)),
            _ when IsNumber(left) && IsNumber(right) => ToDouble(left) == ToDouble(right),
            _ => ReferenceEquals(left, right),
        };
    }

    static bool AllEqual(IReadOnlyList<object?> left, IReadOnlyList<object?> right, int depth)
    {
        if (left.Count != right.Count) return false;
        for (var i = 0; i < left.Count; i++)
            if (!AreEqual(left[i], right[i], depth + 1)) return false;
        return true;
    }

    /// <summary>The order of numbers, strings, lists and tuples; other pairs have none.</summary>
    public static int Compare(object? left, object? right, int depth = 0)
    {
        if (depth > MaxNesting) throw new JinjaFault($"values are nested deeper than {MaxNesting}");
        return (left, right) switch
        {
            (Undefined missing, _) => throw missing.Fault(),
            (_, Undefined missing) => throw missing.Fault(),
            (string a, string b) => PythonText.Compare(a, b),
            (long a, long b) => a.CompareTo(b),
            (List<object?> a, List<object?> b) => CompareAll(a, b, depth),
            (PythonTuple a, PythonTuple b) => CompareAll(a.Items, b.Items, depth),
            _ when IsNumber(left) && IsNumber(right) => ToDouble(left).CompareTo(ToDouble(right)),
            _ => throw new JinjaFault($"'{TypeName(left)}' and '{TypeName(right)}' can not be ordered"),
        };
    }

    static int CompareAll(IReadOnlyList<object?> left, IReadOnlyList<object?> right, int depth)
    {
        for (var i = 0; i < Math.Min(left.Count, right.Count); i++)
            if (Compare(left[i], right[i], depth + 1) is var order and not 0) return order;
        return left.Count.CompareTo(right.Count);
    }

    /// <summary>What a loop runs over; the budget pays for what is copied.</summary>
    public static IReadOnlyList<object?> Iterate(object? value, Budget budget)
    {
        switch (value)
        {
            case Undefined: return [];
            case List<object?> list: return list;
            case PythonTuple tuple: return tuple.Items;
            case PythonIterable iterable: return iterable.Items;
            case PythonDict dict:
                budget.Charge(dict.Count);
                return [.. dict.Keys];
            case string text:
                budget.Charge(text.Length * 8L);
                return PythonText.Characters(text);
            default: throw new JinjaFault($"'{TypeName(value)}' can not be iterated over");
        }
    }

    public static bool IsIterable(object? value) =>
        value is Undefined or List<object?> or PythonTuple or PythonIterable or PythonDict or string;

    public static long Length(object? value) => value switch
    {
        Undefined => 0,
        string text => PythonText.Length(text),
        List<object?> list => list.Count,
        PythonTuple tuple => tuple.Items.Count,
        PythonDict dict => dict.Count,
        PythonIterable { HasLength: true } view => view.Items.Count,
        _ => throw new JinjaFault($"'{TypeName(value)}' has no length"),
    };

    public static bool Contains(object? container, object? item, Budget budget)
    {
        switch (container)
        {
            case string text: return text.Contains(ToText(item), StringComparison.Ordinal);
            case PythonDict dict: return dict.Contains(item);
            default:
                var items = Iterate(container, budget);
                budget.Charge(items.Count);
                return items.Any(other => AreEqual(item, other));
        }
    }

    /// <summary>What <c>str()</c> gives.</summary>
    public static string Text(object? value) => value switch
    {
        string text => text,
        Undefined => "",
        _ => Repr(value),
    };

    /// <summary>What <c>repr()</c> gives.</summary>
    public static string Repr(object? value)
    {
        var text = new StringBuilder();
        AppendRepr(text, value, 0);
        return text.ToString();
    }

    static void AppendRepr(StringBuilder to, object? value, int depth)
    {
        if (depth > MaxNesting) throw new JinjaFault($"values are nested deeper than {MaxNesting}");
        switch (value)
        {
            case null: to.Append("None"); break;
            case bool truth: to.Append(truth ? "True" : "False"); break;
            case long number: to.Append(CultureInfo.InvariantCulture, $"{number}"); break;
            case BigInteger number: to.Append(CultureInfo.InvariantCulture, $"{number}"); break;
            case double number: to.Append(PythonText.Number(number)); break;
            case string text: PythonText.AppendQuoted(to, text); break;
            case Undefined: to.Append("Undefined"); break;
            case List<object?> list: AppendItems("[", list, "]"); break;
            case PythonTuple { Items.Count: 1 } one: AppendItems("(", one.Items, ",)"); break;
            case PythonTuple tuple: AppendItems("(", tuple.Items, ")"); break;
            case PythonIterable { HasLength: true } view: AppendItems(view.Kind + "([", view.Items, "])"); break;
            case PythonDict dict: AppendDict(dict); break;
            case PythonNamespace ns:
                to.Append("<Namespace ");
                AppendDict(ns.Members);
                to.Append('>');
                break;
            case Function function: to.Append('<').Append(function.Name).Append('>'); break;
            default: to.Append('<').Append(TypeName(value)).Append('>'); break;
        }

        void AppendItems(string open, IReadOnlyList<object?> items, string close)
        {
            to.Append(open);
            for (var i = 0; i < items.Count; i++)
            {
                if (i > 0) to.Append(", ");
                AppendRepr(to, items[i], depth + 1);
            }
            to.Append(close);
        }

        void AppendDict(PythonDict dict)
        {
            var before = "{";
            foreach (var (key, item) in dict.Entries)
            {
                to.Append(before);
                AppendRepr(to, key, depth + 1);
                to.Append(": ");
                AppendRepr(to, item, depth + 1);
                before = ", ";
            }
            to.Append(dict.Count == 0 ? "{}" : "}");
        }
    }
}
