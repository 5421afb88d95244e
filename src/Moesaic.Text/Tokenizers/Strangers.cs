namespace Moesaic.Text.Tokenizers;

/// <summary>The parts of a text that must not become special tokens.</summary>
/// <param name="ranges">Counted from the start, in order, disjoint. Null: all of the text.</param>
/// <param name="offset">Where in the text of the ranges the positions asked for begin.</param>
readonly struct Strangers(IReadOnlyList<Range>? ranges, int offset = 0)
{
    /// <summary>All is ours.</summary>
    public static Strangers Nothing { get; } = new([]);

    /// <summary>Nothing is.</summary>
    public static Strangers All { get; } = new(null);

    /// <summary>The same seen from a place within the text.</summary>
    public Strangers From(int start) => new(ranges, offset + start);

    /// <summary>The same in a changed text.</summary>
    /// <param name="length">Characters of the text before the change, from the place this is seen from.</param>
    /// <param name="place">Where a position of it is in the changed text.</param>
    public Strangers Mapped(int length, Func<int, int> place)
    {
        if (ranges is null) return this;
        var mapped = new List<Range>();
        foreach (var range in ranges)
        {
            int start = Math.Max(0, range.Start.Value - offset), end = Math.Min(length, range.End.Value - offset);
            if (start < end) mapped.Add(place(start)..place(end));
        }
        return new Strangers(mapped);
    }

    /// <summary>Whether any character from start to before end belongs to a stranger.</summary>
    public bool Touch(int start, int end) => ranges is null || (First(start) is { } range && range.Start.Value < end + offset);

    /// <summary>Whether all characters from start to before end lie in one part.</summary>
    public bool Cover(int start, int end) =>
        ranges is null || (First(start) is { } range && range.Start.Value <= start + offset && range.End.Value >= end + offset);

    /// <summary>The first part that ends behind a position.</summary>
    Range? First(int position)
    {
        int low = 0, high = ranges!.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (ranges[middle].End.Value > position + offset) high = middle;
            else low = middle + 1;
        }
        return low < ranges.Count ? ranges[low] : null;
    }
}
