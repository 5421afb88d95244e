namespace Moesaic.Text.Tokenizers;

/// <summary>What becomes of the delimiters a split finds.</summary>
enum SplitBehavior
{
    /// <summary>They vanish.</summary>
    Removed,

    /// <summary>Each is a piece of its own.</summary>
    Isolated,

    /// <summary>Each ends the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>Each begins the piece behind it.</summary>
    MergedWithNext,

    /// <summary>Like isolated, but neighbouring delimiters form one piece.</summary>
    Contiguous,
}

/// <summary>Cuts a piece along delimiters.</summary>
static class Splitter
{
    /// <param name="piece">What to cut.</param>
    /// <param name="delimiters">The delimiters from left to right, as offsets into the piece.</param>
    /// <param name="behavior">What becomes of them.</param>
    /// <param name="invert">The text between the delimiters is what delimits.</param>
    /// <param name="output">Receives the non-empty parts.</param>
    public static void Split(
        Piece piece, List<(int Start, int End)> delimiters, SplitBehavior behavior, bool invert, List<Piece> output)
    {
        var parts = new List<(int Start, int End, bool Delimits)>(delimiters.Count * 2 + 1);
        var at = 0;
        foreach (var (start, end) in delimiters)
        {
            if (at != start) parts.Add((at, start, invert));
            parts.Add((start, end, !invert));
            at = end;
        }
        if (at != piece.Length) parts.Add((at, piece.Length, invert));

        foreach (var (start, end) in Arrange(parts, behavior))
            if (end > start) output.Add(piece.Slice(start, end));
    }

    static List<(int Start, int End)> Arrange(List<(int Start, int End, bool Delimits)> parts, SplitBehavior behavior)
    {
        var result = new List<(int Start, int End)>(parts.Count);
        var previous = false;
        switch (behavior)
        {
            case SplitBehavior.Removed:
                foreach (var part in parts) if (!part.Delimits) result.Add((part.Start, part.End));
                break;
            case SplitBehavior.Isolated:
                foreach (var part in parts) result.Add((part.Start, part.End));
                break;
            case SplitBehavior.Contiguous:
                foreach (var part in parts)
                {
                    if (result.Count > 0 && part.Delimits == previous) result[^1] = (result[^1].Start, part.End);
                    else result.Add((part.Start, part.End));
                    previous = part.Delimits;
                }
                break;
            case SplitBehavior.MergedWithPrevious:
                foreach (var part in parts)
                {
                    if (result.Count > 0 && part.Delimits && !previous) result[^1] = (result[^1].Start, part.End);
                    else result.Add((part.Start, part.End));
                    previous = part.Delimits;
                }
                break;
            case SplitBehavior.MergedWithNext:
                for (var i = parts.Count - 1; i >= 0; i--)
                {
                    var part = parts[i];
                    if (result.Count > 0 && part.Delimits && !previous) result[^1] = (part.Start, result[^1].End);
                    else result.Add((part.Start, part.End));
                    previous = part.Delimits;
                }
                result.Reverse();
                break;
        }
        return result;
    }
}
