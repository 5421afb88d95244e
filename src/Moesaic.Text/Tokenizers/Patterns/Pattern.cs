using System.Text;
using Moesaic.Formats;

namespace Moesaic.Text.Tokenizers;

/// <summary>
/// A regular expression as tokenizers mean it: over code points, not UTF-16 units, with Unicode classes. .NET's own
/// engine sees astral letters as two surrogates that are no letters, hence this one.
/// </summary>
sealed class Pattern
{
    /// <summary>Steps one match may take in addition to 100 per character before the pattern counts as runaway.</summary>
    public const long MostSteps = 1_000_000;

    /// <param name="text">The expression in Oniguruma's syntax.</param>
    /// <param name="source">The file and place it comes from, for messages.</param>
    /// <exception cref="BadModelException">The expression is wrong or not supported.</exception>
    public Pattern(string text, string source)
    {
        Text = text;
        Source = source;
        try
        {
            Code = PatternCompiler.Compile(PatternParser.Parse(text));
        }
        catch (FormatException e)
        {
            throw new BadModelException($"{source}: {e.Message}", e);
        }
    }

    public string Text { get; }

    public string Source { get; }

    public Instruction[] Code { get; }

    /// <summary>A pattern that matches a text literally.</summary>
    public static Pattern Literal(string text, string source) => new(
        string.Concat(text.Select(c => c < 128 && !char.IsAsciiLetterOrDigit(c) && c >= ' ' ? $"\\{c}" : c.ToString())), source);

    /// <summary>All matches from left to right. An empty match directly behind the previous match does not count.</summary>
    public List<(int Start, int End)> Matches(ReadOnlySpan<char> text)
    {
        var matches = new List<(int, int)>(text.Length / 4 + 1);
        var matcher = new PatternMatcher(this, text);
        var last = -1;
        for (var from = 0; from <= text.Length && matcher.Find(from, out var start, out var end);)
        {
            if (end > start || start != last)
            {
                matches.Add((start, end));
                last = end;
            }
            from = end;
            if (end > start) continue;
            if (from >= text.Length) break;
            CodePoints.At(text, from, out var length);
            from += length;
        }
        return matches;
    }

    /// <summary>The text with every match replaced.</summary>
    public string Replace(string text, string content)
    {
        var matches = Matches(text);
        if (matches.Count == 0) return text;
        var result = new StringBuilder(text.Length);
        var at = 0;
        foreach (var (start, end) in matches)
        {
            result.Append(text, at, start - at).Append(content);
            at = end;
        }
        return result.Append(text, at, text.Length - at).ToString();
    }
}
