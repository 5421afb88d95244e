using System.Numerics;
using Moesaic.Text.Jinja.Builtins;
using Moesaic.Text.Jinja.Values;

namespace Moesaic.Text.Jinja.Runtime;

/// <summary>Python's operators.</summary>
static class Operators
{
    public static object? Arithmetic(string symbol, object? left, object? right, Interpreter interpreter)
    {
        var budget = interpreter.Budget;
        if (left is Undefined missing || (missing = (right as Undefined)!) is not null) throw missing.Fault();
        if (Python.IsNumber(left) && Python.IsNumber(right)) return Numbers(symbol, left, right);
        switch (symbol, left, right)
        {
            case ("+", string a, string b):
                budget.Charge((long)a.Length + b.Length);
                return new AuthoredText(interpreter.Provenance).Append(a).Append(b).ToString();
            case ("+", List<object?> a, List<object?> b):
                budget.Charge((long)a.Count + b.Count);
                return new List<object?>([.. a, .. b]);
            case ("+", PythonTuple a, PythonTuple b):
                budget.Charge((long)a.Items.Count + b.Items.Count);
                return new PythonTuple([.. a.Items, .. b.Items]);
            case ("*", string or List<object?> or PythonTuple, long or bool): return Repeat(left, Python.ToInteger(right), interpreter);
            case ("*", long or bool, string or List<object?> or PythonTuple): return Repeat(right, Python.ToInteger(left), interpreter);
            case ("%", string format, PythonTuple values): return TextFormat.Percent(format, Arguments.Of(values.Items), interpreter);
            case ("%", string format, _): return TextFormat.Percent(format, Arguments.Of(right), interpreter);
            default:
                throw new JinjaFault($"'{symbol}' does not work on '{Python.TypeName(left)}' and '{Python.TypeName(right)}'");
        }
    }

    public static object? Signed(bool negative, object? value) => value switch
    {
        long.MinValue when negative => throw new JinjaFault("the result is too large for an integer"),
        long number => (object)(negative ? -number : number),
        bool truth => truth ? negative ? -1L : 1L : 0L,
        double number => negative ? -number : number,
        BigInteger number => negative ? -number : number,
        Undefined missing => throw missing.Fault(),
        _ => throw new JinjaFault($"'{Python.TypeName(value)}' has no sign"),
    };

    public static bool Compare(string symbol, object? left, object? right, Budget budget) => symbol switch
    {
        "==" => Python.AreEqual(left, right),
        "!=" => !Python.AreEqual(left, right),
        "<" => Python.Compare(left, right) < 0,
        "<=" => Python.Compare(left, right) <= 0,
        ">" => Python.Compare(left, right) > 0,
        ">=" => Python.Compare(left, right) >= 0,
        "in" => Python.Contains(right, left, budget),
        _ => !Python.Contains(right, left, budget),
    };

    static object Numbers(string symbol, object? left, object? right)
    {
        if (left is BigInteger || right is BigInteger) throw new JinjaFault("an integer is too large to calculate with");
        try
        {
            return left is double || right is double || symbol == "/"
                ? Floats(symbol, Python.ToDouble(left), Python.ToDouble(right))
                : Integers(symbol, Python.ToInteger(left), Python.ToInteger(right));
        }
        catch (OverflowException)
        {
            throw new JinjaFault("the result is too large for an integer");
        }
    }

    static object Integers(string symbol, long a, long b) => symbol switch
    {
        "+" => checked(a + b),
        "-" => checked(a - b),
        "*" => checked(a * b),
        "**" when b < 0 => (object)Math.Pow(a, b),
        "**" => (long)Power(a, b),
        _ when b == 0 => throw new JinjaFault("division by zero"),
        _ when b == -1 => symbol == "//" ? checked(-a) : 0L,
        "//" => a / b - (a % b != 0 && a < 0 != b < 0 ? 1 : 0),
        _ => (a % b + b) % b,
    };

    static BigInteger Power(long a, long b) =>
        a is 0 or 1 or -1 ? BigInteger.Pow(a, (int)(b == 0 ? 0 : 2 - b % 2)) : b > 63 ? throw new OverflowException() : BigInteger.Pow(a, (int)b);

    static object Floats(string symbol, double a, double b) => symbol switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "**" => Math.Pow(a, b),
        _ when b == 0 => throw new JinjaFault("division by zero"),
        "/" => a / b,
        "//" => Math.Floor(a / b),
        _ => a - b * Math.Floor(a / b),
    };

    static object Repeat(object sequence, long times, Interpreter interpreter)
    {
        var budget = interpreter.Budget;
        times = Math.Max(0, times);
        if (Python.Length(sequence) == 0) times = 0;
        budget.Charge(times);
        switch (sequence)
        {
            case string text:
                budget.Charge(text.Length * times);
                var repeated = new AuthoredText(interpreter.Provenance);
                for (var i = 0; i < times; i++) repeated.Append(text);
                return repeated.ToString();
            case PythonTuple tuple:
                return new PythonTuple(Items(tuple.Items));
            default:
                return Items((List<object?>)sequence);
        }

        List<object?> Items(IReadOnlyList<object?> items)
        {
            budget.Charge(items.Count * times);
            var all = new List<object?>();
            for (var i = 0; i < times; i++) all.AddRange(items);
            return all;
        }
    }
}
