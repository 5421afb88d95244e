namespace Moesaic.Inference;

/// <summary>What the formats of strings are taken to mean: often a part of what their standards allow, never more.</summary>
static class StringFormats
{
    const string Year = "(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})";
    const string LeapYear = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)";
    const string Date = $"({Year}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|{LeapYear}-02-29)";
    // RFC 3339 without leap seconds.
    const string Time = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])";
    const string Label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
    const string Octet = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    const string Clock = "T([0-9]{1,4}H([0-9]{1,4}M([0-9]{1,4}S)?)?|[0-9]{1,4}M([0-9]{1,4}S)?|[0-9]{1,4}S)";
    const string Group = "[0-9A-Fa-f]{1,4}";

    static readonly Dictionary<string, string> Patterns = new(StringComparer.Ordinal)
    {
        ["date"] = Date,
        ["time"] = Time,
        ["date-time"] = $"{Date}T{Time}",
        // RFC 3339, appendix A.
        ["duration"] = $"P([0-9]{{1,4}}W|([0-9]{{1,4}}Y([0-9]{{1,4}}M([0-9]{{1,4}}D)?)?|[0-9]{{1,4}}M([0-9]{{1,4}}D)?|[0-9]{{1,4}}D)({Clock})?|{Clock})",
        ["uuid"] = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
        ["email"] = $"[A-Za-z0-9_%+-]+(\\.[A-Za-z0-9_%+-]+)*@({Label}\\.)+[A-Za-z]{{2,24}}",
        ["hostname"] = $"{Label}(\\.{Label}){{0,2}}",
        ["ipv4"] = $"({Octet}\\.){{3}}{Octet}",
        ["ipv6"] = Addresses(),
    };

    public static string Names => string.Join(", ", Patterns.Keys);

    /// <summary>A pattern for the whole string, or null when the format is not known.</summary>
    public static string? Pattern(string format) => Patterns.GetValueOrDefault(format);

    // Eight groups, or fewer with :: in one place.
    static string Addresses()
    {
        var ways = new List<string> { $"({Group}:){{7}}{Group}", "::" };
        for (var before = 0; before <= 6; before++)
        {
            var left = before == 0 ? "" : before == 1 ? Group : $"{Group}(:{Group}){{{before - 1}}}";
            if (before > 0) ways.Add($"{left}::");
            for (var behind = 1; before + behind <= 6; behind++)
                ways.Add(behind == 1 ? $"{left}::{Group}" : $"{left}::{Group}(:{Group}){{{behind - 1}}}");
        }
        return $"({string.Join('|', ways)})";
    }
}
