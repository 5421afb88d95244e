using System.Globalization;

namespace Moesaic.Methods.Reports;

/// <summary>Numbers for people: whole ones with thousands separated, others with at least four significant digits.</summary>
public static class FigureText
{
    /// <summary>"1,234,567", "3.142", "0.0001235".</summary>
    public static string Of(double value)
    {
        var size = Math.Abs(value);
        if (size < 1e15 && value == Math.Floor(value)) return value.ToString("#,0", CultureInfo.InvariantCulture);
        return size switch
        {
            >= 1e15 or < 1e-5 => value.ToString("0.###e+0", CultureInfo.InvariantCulture),
            >= 1000 => value.ToString("#,0.0", CultureInfo.InvariantCulture),
            >= 1 => value.ToString(size >= 100 ? "0.00" : "0.000", CultureInfo.InvariantCulture),
            _ => value.ToString("G4", CultureInfo.InvariantCulture),
        };
    }

    /// <summary>Whether a cell holds nothing but a number, so that it is set to the right.</summary>
    public static bool IsNumber(string text) =>
        double.TryParse(text.TrimEnd('%', ' '), NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out _);
}
