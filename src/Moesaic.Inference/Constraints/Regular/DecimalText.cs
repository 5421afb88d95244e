using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Moesaic.Inference;

/// <summary>A number of a schema exactly: sign, digits before the point and behind it, without needless zeros.</summary>
readonly record struct DecimalText(bool IsNegative, string Whole, string Fraction)
{
    const int LargestExponent = 400;

    public bool IsZero => Whole.Length == 0 && Fraction.Length == 0;

    /// <summary>Reads a JSON number, or null when its exponent is absurd.</summary>
    public static DecimalText? Read(JsonElement number)
    {
        var text = number.GetRawText();
        var negative = text.StartsWith('-');
        var exponent = 0;
        if (text.IndexOfAny(['e', 'E']) is >= 0 and var e)
        {
            if (!int.TryParse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)) return null;
            if (Math.Abs(exponent) > LargestExponent) return null;
            text = text[..e];
        }
        text = text.TrimStart('-');
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var digits = text.Replace(".", "", StringComparison.Ordinal);
        point = (point < 0 ? digits.Length : point) + exponent;
        if (point < 0) (digits, point) = (new string('0', -point) + digits, 0);
        if (point > digits.Length) digits += new string('0', point - digits.Length);
        var value = new DecimalText(negative, digits[..point].TrimStart('0'), digits[point..].TrimEnd('0'));
        return value with { IsNegative = negative && !value.IsZero };
    }

    /// <summary>The number times 10^digits.</summary>
    public BigInteger Scaled(int digits) =>
        BigInteger.Parse("0" + Whole + Fraction.PadRight(digits, '0'), CultureInfo.InvariantCulture) * (IsNegative ? -1 : 1);

    /// <summary>The digit at a place of the whole part padded to a width, or behind the point for places from the width on.</summary>
    public int Digit(int place, int width)
    {
        if (place < width)
        {
            var at = place - (width - Whole.Length);
            return at < 0 ? 0 : Whole[at] - '0';
        }
        return place - width < Fraction.Length ? Fraction[place - width] - '0' : 0;
    }
}
