using System.Globalization;
using System.Text;

namespace Moesaic.Text.Tokenizers;

/// <summary>
/// Unicode's normal forms (UAX 15). Ours because .NET leaves text as it is when it runs without ICU. The data are those
/// of Unicode 14; normalization of a character, once assigned, never changes.
/// </summary>
static class UnicodeNormalization
{
    const int HangulBase = 0xAC00;
    const int LeadBase = 0x1100;
    const int VowelBase = 0x1161;
    const int TrailBase = 0x11A7;
    const int Vowels = 21;
    const int Trails = 28;
    const int Syllables = 19 * Vowels * Trails;

    static readonly Dictionary<int, byte> Classes = [];
    static readonly Dictionary<int, int[]> Canonical = [];
    static readonly Dictionary<int, int[]> Compatibility = [];
    static readonly Dictionary<(int First, int Second), int> Compositions = [];

    static UnicodeNormalization()
    {
        using var stream = typeof(UnicodeNormalization).Assembly.GetManifestResourceStream("decompositions.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            var fields = line.Split(';');
            var codePoint = Hexadecimal(fields[0]);
            var combiningClass = byte.Parse(fields[1], CultureInfo.InvariantCulture);
            if (combiningClass > 0) Classes.Add(codePoint, combiningClass);
            if (fields[2] == "-") continue;
            int[] parts = [.. fields[3].Split(' ').Select(Hexadecimal)];
            (fields[2] == "k" ? Compatibility : Canonical).Add(codePoint, parts);
            if (fields[2] == "c") Compositions.Add((parts[0], parts[1]), codePoint);
        }
    }

    /// <summary>The text in a normal form. Unpaired surrogates are not allowed.</summary>
    public static string Normalize(string text, NormalizationForm form)
    {
        var composed = form is NormalizationForm.FormC or NormalizationForm.FormKC;
        // No character below U+0300 changes under NFC, none below U+00A0 under any form.
        var unchanging = form == NormalizationForm.FormC ? '\u02FF' : '\u009F';
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', unchanging)) return text;

        var codePoints = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
            Decompose(rune.Value, form is NormalizationForm.FormKC or NormalizationForm.FormKD, codePoints);
        Reorder(codePoints);
        if (composed) Compose(codePoints);

        var result = new StringBuilder(text.Length);
        foreach (var codePoint in codePoints) result.Append(new Rune(codePoint).ToString());
        return result.ToString();
    }

    static void Decompose(int codePoint, bool compatibility, List<int> output)
    {
        if (codePoint - HangulBase is >= 0 and < Syllables and var syllable)
        {
            output.Add(LeadBase + syllable / (Vowels * Trails));
            output.Add(VowelBase + syllable / Trails % Vowels);
            if (syllable % Trails > 0) output.Add(TrailBase + syllable % Trails);
        }
        else if (Canonical.TryGetValue(codePoint, out var parts)
            || compatibility && Compatibility.TryGetValue(codePoint, out parts))
        {
            foreach (var part in parts) Decompose(part, compatibility, output);
        }
        else
        {
            output.Add(codePoint);
        }
    }

    /// <summary>Sorts each run of combining characters by class, keeping the order of equals.</summary>
    static void Reorder(List<int> codePoints)
    {
        for (var i = 0; i < codePoints.Count; i++)
        {
            if (ClassOf(codePoints[i]) == 0) continue;
            var end = i + 1;
            while (end < codePoints.Count && ClassOf(codePoints[end]) > 0) end++;
            if (end - i > 1)
            {
                var ordered = codePoints.GetRange(i, end - i).OrderBy(ClassOf).ToList();
                for (var k = i; k < end; k++) codePoints[k] = ordered[k - i];
            }
            i = end;
        }
    }

    static void Compose(List<int> codePoints)
    {
        var (starter, write, last) = (-1, 0, 0);
        for (var read = 0; read < codePoints.Count; read++)
        {
            var codePoint = codePoints[read];
            var combiningClass = ClassOf(codePoint);
            // Blocked when something of the same or a higher class, or a starter, stands between.
            var adjacent = starter == write - 1;
            if (starter >= 0 && (adjacent || last < combiningClass && last > 0)
                && Composition(codePoints[starter], codePoint) is { } whole)
            {
                codePoints[starter] = whole;
                continue;
            }
            if (combiningClass == 0) starter = write;
            last = combiningClass;
            codePoints[write++] = codePoint;
        }
        codePoints.RemoveRange(write, codePoints.Count - write);
    }

    static int? Composition(int first, int second)
    {
        if (first - LeadBase is >= 0 and < 19 and var lead && second - VowelBase is >= 0 and < Vowels and var vowel)
            return HangulBase + (lead * Vowels + vowel) * Trails;
        if (first - HangulBase is >= 0 and < Syllables and var syllable && syllable % Trails == 0
            && second - TrailBase is > 0 and < Trails and var trail)
            return first + trail;
        return Compositions.TryGetValue((first, second), out var whole) ? whole : null;
    }

    static byte ClassOf(int codePoint) => codePoint < 0x300 ? (byte)0 : Classes.GetValueOrDefault(codePoint);

    static int Hexadecimal(string digits) => int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
