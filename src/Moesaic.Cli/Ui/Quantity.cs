using System.Globalization;
using Moesaic.Methods.Reports;

namespace Moesaic.Cli.Ui;

/// <summary>Amounts as people read them. GB is 10^9 bytes.</summary>
static class Quantity
{
    /// <summary>"1.23 GB" for bytes, "1.23 GB/s" for bytes/s, "1,234 tokens" for anything else.</summary>
    public static string Of(double value, string unit) => unit switch
    {
        "bytes" => Bytes(value),
        "bytes/s" => Rate(value, "bytes"),
        "s" => Duration(value),
        "" => FigureText.Of(value),
        _ => $"{FigureText.Of(value)} {unit}",
    };

    public static string Bytes(double bytes) => Scaled(bytes, ["bytes", "kB", "MB", "GB", "TB"]);

    /// <summary>"12.3k tokens/s", "1.20 GB/s".</summary>
    public static string Rate(double perSecond, string unit) =>
        unit == "bytes" ? Bytes(perSecond) + "/s"
            : $"{Scaled(perSecond, ["", "k", "M", "G"]).Replace(" ", "", StringComparison.Ordinal)} {unit}/s";

    /// <summary>"4.2 s", "3 min 12 s", "2 h 5 min".</summary>
    public static string Duration(double seconds)
    {
        if (seconds < 9.95) return seconds.ToString("0.0 s", CultureInfo.InvariantCulture);
        var whole = (long)Math.Round(seconds);
        return whole switch
        {
            < 60 => FormattableString.Invariant($"{whole} s"),
            < 3600 => FormattableString.Invariant($"{whole / 60} min {whole % 60} s"),
            < 86400 => FormattableString.Invariant($"{whole / 3600} h {whole % 3600 / 60} min"),
            _ => FormattableString.Invariant($"{whole / 86400} d {whole % 86400 / 3600} h"),
        };
    }

    static string Scaled(double value, string[] units)
    {
        var step = 0;
        while (Math.Abs(value) >= 999.5 && step < units.Length - 1) (value, step) = (value / 1000, step + 1);
        var digits = step == 0 && value == Math.Floor(value) ? "0"
            : Math.Abs(value) switch { >= 99.5 => "0", >= 9.95 => "0.0", _ => "0.00" };
        return $"{value.ToString(digits, CultureInfo.InvariantCulture)} {units[step]}".TrimEnd();
    }
}
