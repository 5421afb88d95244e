using System.Globalization;
using System.Numerics;
using Moesaic.Text.Jinja.Runtime;
using Moesaic.Text.Jinja.Values;

namespace Moesaic.Text.Jinja.Builtins;

/// <summary>Filters on numbers.</summary>
static class NumberFilters
{
    public static readonly Dictionary<string, Filters.Body> All = new(StringComparer.Ordinal)
    {
        ["int"] = Int,
        ["float"] = Float,
        ["abs"] = Abs,
        ["round"] = Round,
    };

    static object? Int(object? value, Arguments arguments, Interpreter interpreter)
    {
        var given = arguments.Bind("int", ("default", 0L), ("base", 10L));
        if (value is Undefined) return given[0];
        if (value is string text)
        {
            if (Python.ToInteger(given[1]) != 10) throw new JinjaFault("the filter int knows base 10 only");
            var digits = PythonText.Strip(text, null, true, true);
            if (long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer)) return integer;
            if (!TryParse(text, out var parsed)) return given[0];
            value = parsed;
        }
        if (value is BigInteger) return value;
        if (!Python.IsNumber(value)) return given[0];
        var number = Math.Truncate(Python.ToDouble(value));
        if (value is not double) return Python.ToInteger(value);
        if (!double.IsFinite(number)) return given[0];
        return Math.Abs(number) < 9e18 ? (long)number : throw new JinjaFault("the result is too large for an integer");
    }

    static object? Float(object? value, Arguments arguments, Interpreter interpreter)
    {
        var absent = arguments.Bind("float", ("default", 0.0))[0];
        return Python.IsNumber(value) ? Python.ToDouble(value)
            : value is string text && TryParse(text, out var number) ? number
            : absent;
    }

    static bool TryParse(string text, out double number) => double.TryParse(
        PythonText.Strip(text, null, true, true), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
        CultureInfo.InvariantCulture, out number);

    static object? Abs(object? value, Arguments arguments, Interpreter interpreter)
    {
        arguments.Bind("abs");
        return value switch
        {
            double number => (object)Math.Abs(number),
            long.MinValue => throw new JinjaFault("the result is too large for an integer"),
            BigInteger number => BigInteger.Abs(number),
            _ => Math.Abs(Python.ToInteger(value)),
        };
    }

    static object? Round(object? value, Arguments arguments, Interpreter interpreter)
    {
        var given = arguments.Bind("round", ("precision", 0L), ("method", "common"));
        var precision = Python.ToInteger(given[0]);
        if (precision is < 0 or > 15) throw new JinjaFault("round knows a precision from 0 to 15");
        var number = Python.ToDouble(value);
        var scale = Math.Pow(10, precision);
        switch (Python.ToText(given[1]))
        {
            case "common": return value is long or bool or BigInteger ? value : RoundExactly(number, (int)precision);
            case "ceil": return Math.Ceiling(number * scale) / scale;
            case "floor": return Math.Floor(number * scale) / scale;
            default: throw new JinjaFault("the method of round must be common, ceil or floor");
        }
    }

    /// <summary>Rounds the exact binary value, ties to even, as Python does: 2.675 becomes 2.67.</summary>
    static double RoundExactly(double number, int digits)
    {
        const int Beyond = 40;
        if (!double.IsFinite(number)) return number;
        if (digits == 0) return Math.Round(number, MidpointRounding.ToEven);
        // The runtime prints the exact value, but rounds ties away from zero.
        var exact = Fixed(digits + Beyond);
        var kept = exact[..^Beyond];
        var isTie = exact.AsSpan(kept.Length)[0] == '5' && !exact.AsSpan(kept.Length + 1).ContainsAnyExcept('0');
        return double.Parse(isTie && (kept[^1] - '0') % 2 == 0 ? kept : Fixed(digits), CultureInfo.InvariantCulture);

        string Fixed(int decimals) =>
            number.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }
}
