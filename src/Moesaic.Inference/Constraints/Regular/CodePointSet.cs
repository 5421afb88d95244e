namespace Moesaic.Inference;

/// <summary>Sets of code points: sorted, disjoint ranges, both ends included.</summary>
static class CodePointSet
{
    public const int Last = 0x10FFFF;

    public static readonly (int First, int Last)[] All = [(0, Last)];

    public static (int First, int Last)[] Of(params ReadOnlySpan<(int First, int Last)> ranges)
    {
        var sorted = ranges.ToArray();
        Array.Sort(sorted);
        var result = new List<(int First, int Last)>();
        foreach (var range in sorted)
        {
            if (result.Count > 0 && range.First <= result[^1].Last + 1)
                result[^1] = (result[^1].First, Math.Max(result[^1].Last, range.Last));
            else result.Add(range);
        }
        return [.. result];
    }

    public static (int First, int Last)[] Negate((int First, int Last)[] set)
    {
        var result = new List<(int, int)>();
        var from = 0;
        foreach (var (first, last) in set)
        {
            if (first > from) result.Add((from, first - 1));
            from = last + 1;
        }
        if (from <= Last) result.Add((from, Last));
        return [.. result];
    }
}
