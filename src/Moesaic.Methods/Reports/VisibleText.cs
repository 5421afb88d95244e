using System.Buffers;
using System.Globalization;
using System.Text;

namespace Moesaic.Methods.Reports;

/// <summary>
/// Bytes from a model or a text as characters that only show: line ends as ↵, tabs as ⇥, and what a terminal or page would obey, not draw
/// (control characters, changes of direction, invisible ones), by its number. So nothing that is printed can move a cursor.
/// </summary>
public static class VisibleText
{
    /// <summary>What stands for the bytes: ‹E2› for those that are no UTF-8.</summary>
    /// <param name="utf8">The bytes; those of a token may be part of a character.</param>
    /// <param name="spaces">Whether spaces are shown as ␣ too, as in a table of tokens.</param>
    public static string Of(ReadOnlySpan<byte> utf8, bool spaces = false)
    {
        var text = new StringBuilder(utf8.Length);
        while (!utf8.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(utf8, out var rune, out var length) == OperationStatus.Done) Append(text, rune, spaces);
            else foreach (var invalid in utf8[..length]) text.Append(CultureInfo.InvariantCulture, $"‹{invalid:X2}›");
            utf8 = utf8[length..];
        }
        return text.ToString();
    }

    /// <summary>What stands for a text.</summary>
    public static string Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    static void Append(StringBuilder text, Rune rune, bool spaces)
    {
        if (rune.Value == '\n') text.Append('↵');
        else if (rune.Value == '\t') text.Append('⇥');
        else if (rune.Value == ' ') text.Append(spaces ? '␣' : ' ');
        else if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned)
            text.Append(CultureInfo.InvariantCulture, $"‹{rune.Value:X4}›");
        else text.Append(rune.ToString());
    }
}
