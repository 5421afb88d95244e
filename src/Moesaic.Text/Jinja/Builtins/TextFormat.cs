using System.Globalization;
using Moesaic.Text.Jinja.Runtime;
using Moesaic.Text.Jinja.Values;

namespace Moesaic.Text.Jinja.Builtins;

/// <summary>Python's two ways of formatting text: <c>'%s' % value</c> and <c>'{}'.format(value)</c>.</summary>
static class TextFormat
{
    /// <summary>Fields %s %r %d %i %x %f and %% with the flags - and 0, a width and a precision.</summary>
    public static string Percent(string format, Arguments arguments, Interpreter interpreter)
    {
        var budget = interpreter.Budget;
        var text = new AuthoredText(interpreter.Provenance);
        var used = 0;
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                text.Append(format, i, 1);
                continue;
            }
            i++;
            string? name = null;
            if (At(format, i) == '(')
            {
                var close = format.IndexOf(')', i);
                if (close < 0) throw new JinjaFault("the format holds a field without ')'");
                name = format[(i + 1)..close];
                i = close + 1;
            }
            bool left = false, zeros = false;
            for (; At(format, i) is '-' or '0' or '+' or ' '; i++)
            {
                left |= format[i] == '-';
                zeros |= format[i] == '0';
            }
            var width = Digits(format, ref i) ?? 0;
            var precision = At(format, i) == '.' ? Digits(format, ref i, skip: 1) ?? 0 : (int?)null;
            var kind = At(format, i);
            if (kind == '%')
            {
                text.Append(format, i, 1);
                continue;
            }
            var value = name is not null ? Named(name, arguments)
                : used < arguments.Positional.Count ? arguments.Positional[used++]
                : throw new JinjaFault("not enough arguments for the format");
            var field = Field(kind, value, precision, interpreter);
            budget.Grow(text.Length, field.Length);
            text.Append(zeros && !left && kind is not ('s' or 'r') ? Zeros(field, width, budget) : TextMethods.Pad(field, width, " ", left ? -1 : 1, budget));
        }
        if (used < arguments.Positional.Count && !(used == 0 && arguments.Positional is [PythonDict]))
            throw new JinjaFault("not all arguments are used by the format");
        return text.ToString();
    }

    /// <summary>Fields {}, {0} and {name}, without conversions, members or format specifications.</summary>
    public static string Braces(string format, Arguments arguments, Interpreter interpreter)
    {
        var budget = interpreter.Budget;
        var text = new AuthoredText(interpreter.Provenance);
        var next = 0;
        for (var i = 0; i < format.Length; i++)
        {
            var c = format[i];
            if (c is not ('{' or '}'))
            {
                text.Append(format, i, 1);
                continue;
            }
            if (At(format, i + 1) == c)
            {
                text.Append(format, i, 1);
                i++;
                continue;
            }
            var close = c == '{' ? format.IndexOf('}', i) : -1;
            if (close < 0) throw new JinjaFault($"a single '{c}' stands in the format");
            var field = format[(i + 1)..close];
            if (field.AsSpan().ContainsAny(":!.[{")) throw new JinjaFault($"the field {{{field}}} is not supported: only {{}}, {{0}} and {{name}} are");
            object? value;
            if (field.Length > 0 && !field.All(char.IsAsciiDigit)) value = Named(field, arguments);
            else
            {
                var index = field.Length == 0 ? next++ : long.TryParse(field, CultureInfo.InvariantCulture, out var number) ? number : long.MaxValue;
                value = index < arguments.Positional.Count ? arguments.Positional[(int)index] : throw new JinjaFault("not enough arguments for the format");
            }
            var part = interpreter.Provenance.Print(value);
            budget.Grow(text.Length, part.Length);
            text.Append(part);
            i = close;
        }
        return text.ToString();
    }

    static string Field(char kind, object? value, int? precision, Interpreter interpreter)
    {
        switch (kind)
        {
            case 's' or 'r':
                var text = kind == 's' ? interpreter.Provenance.Print(value) : Python.Repr(value);
                return precision < text.Length ? string.Concat(PythonText.Characters(text).Take(precision ?? 0)) : text;
            case 'd' or 'i':
                return interpreter.Provenance.Own(value is double number
                    ? Math.Truncate(number).ToString("F0", CultureInfo.InvariantCulture)
                    : Integer(value).ToString(CultureInfo.InvariantCulture));
            case 'x':
                var whole = Integer(value);
                return whole < 0 ? "-" + (-(Int128)whole).ToString("x", CultureInfo.InvariantCulture).TrimStart('0') : whole.ToString("x", CultureInfo.InvariantCulture);
            case 'f':
                interpreter.Budget.Charge(precision ?? 0);
                if (precision > 300) throw new JinjaFault("a precision above 300 is not supported");
                return Python.ToDouble(value).ToString("F" + (precision ?? 6).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            default:
                throw new JinjaFault(kind == '\0' ? "the format ends within a field" : $"the format field %{kind} is not supported");
        }
    }

    static long Integer(object? value) => Python.ToInteger(value);

    static string Zeros(string field, int width, Budget budget)
    {
        var sign = field.StartsWith('-') ? 1 : 0;
        return field[..sign] + TextMethods.Pad(field[sign..], width - sign, "0", 1, budget);
    }

    static object? Named(string name, Arguments arguments) =>
        arguments.Named.TryGetValue(name, out var value) || arguments.Positional is [PythonDict dict] && dict.TryGet(name, out value)
            ? value
            : throw new JinjaFault($"the format asks for '{name}', which is not given");

    static int? Digits(string format, ref int at, int skip = 0)
    {
        at += skip;
        var start = at;
        while (char.IsAsciiDigit(At(format, at))) at++;
        if (at == start) return null;
        return int.TryParse(format.AsSpan(start, at - start), CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new JinjaFault("a width in the format is too large");
    }

    static char At(string format, int index) => index < format.Length ? format[index] : '\0';
}
