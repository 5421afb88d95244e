namespace Moesaic.Inference;

/// <summary>
/// Watches growing text for stop strings. The text ends before the stop string that is complete first (of several that
/// end at the same character, the longest), however the text is cut into pieces. What may be the start of a stop string
/// is held back.
/// </summary>
/// <param name="stops">No empty ones.</param>
sealed class StopScanner(IReadOnlyList<string> stops)
{
    string held = "";

    /// <summary>Whether a stop string appeared; no more text may come then.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Takes a piece and returns the text that is certain now.</summary>
    public string Push(string piece)
    {
        if (stops.Count == 0 || piece.Length == 0) return piece;
        var text = held + piece;
        int end = int.MaxValue, start = 0;
        for (var i = 0; i < stops.Count; i++)
        {
            var at = text.IndexOf(stops[i], StringComparison.Ordinal);
            if (at < 0 || at + stops[i].Length > end || (at + stops[i].Length == end && at > start)) continue;
            (start, end) = (at, at + stops[i].Length);
        }
        Stopped = end < int.MaxValue;
        var certain = Stopped ? start : text.Length - LongestStart(text);
        held = Stopped ? "" : text[certain..];
        return text[..certain];
    }

    /// <summary>The end of the text: what was held back is certain.</summary>
    public string Flush()
    {
        var rest = held;
        held = "";
        return rest;
    }

    // The longest end of the text that is a start of a stop string.
    int LongestStart(string text)
    {
        var longest = 0;
        for (var i = 0; i < stops.Count; i++)
        {
            for (var length = Math.Min(stops[i].Length - 1, text.Length); length > longest; length--)
            {
                if (!text.AsSpan(text.Length - length).SequenceEqual(stops[i].AsSpan(0, length))) continue;
                longest = length;
                break;
            }
        }
        return longest;
    }
}
