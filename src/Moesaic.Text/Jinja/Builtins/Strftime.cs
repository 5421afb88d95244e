using System.Globalization;
using System.Text;

namespace Moesaic.Text.Jinja.Builtins;

/// <summary>C's strftime in the C locale.</summary>
static class Strftime
{
    public static string Format(DateTimeOffset time, string format)
    {
        var text = new StringBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }
            var bare = format[++i] == '-' && i + 1 < format.Length;
            if (bare) i++;
            var field = Field(time, format[i]);
            if (bare && field.TrimStart('0', ' ') is var trimmed) field = trimmed.Length == 0 ? "0" : trimmed;
            text.Append(field);
        }
        return text.ToString();
    }

    static string Field(DateTimeOffset time, char field) => field switch
    {
        'Y' => Net(time, "yyyy"), 'y' => Net(time, "yy"), 'm' => Net(time, "MM"), 'd' => Net(time, "dd"),
        'H' => Net(time, "HH"), 'I' => Net(time, "hh"), 'M' => Net(time, "mm"), 'S' => Net(time, "ss"),
        'B' => Net(time, "MMMM"), 'b' or 'h' => Net(time, "MMM"), 'A' => Net(time, "dddd"), 'a' => Net(time, "ddd"),
        'p' => time.Hour < 12 ? "AM" : "PM",
        'f' => Net(time, "ffffff"),
        'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'j' => time.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
        'w' => ((int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'u' => ((int)time.DayOfWeek == 0 ? 7 : (int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'F' => Net(time, "yyyy-MM-dd"), 'T' or 'X' => Net(time, "HH:mm:ss"), 'R' => Net(time, "HH:mm"),
        'D' or 'x' => Net(time, "MM/dd/yy"),
        'c' => Net(time, "ddd MMM ") + Field(time, 'e') + Net(time, " HH:mm:ss yyyy"),
        's' => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        'n' => "\n", 't' => "\t", '%' => "%",
        'z' or 'Z' => "",
        _ => throw new JinjaFault($"strftime_now does not know the field %{field}"),
    };

    static string Net(DateTimeOffset time, string format) => time.ToString(format, CultureInfo.InvariantCulture);
}
