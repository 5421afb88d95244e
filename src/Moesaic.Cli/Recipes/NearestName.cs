namespace Moesaic.Cli.Recipes;

/// <summary>Guesses which known name was meant.</summary>
static class NearestName
{
    /// <summary>The known name with the fewest edits, or null when none is close enough to be a slip of the fingers.</summary>
    public static string? Of(string name, IEnumerable<string> known)
    {
        var (best, least) = ((string?)null, Math.Max(2, name.Length / 3) + 1);
        foreach (var candidate in known.Order(StringComparer.Ordinal))
        {
            var edits = Distance(name.ToLowerInvariant(), candidate);
            if (edits < least) (best, least) = (candidate, edits);
        }
        return best;
    }

    /// <summary>"; did you mean 'x'?" or nothing, then the names there are.</summary>
    public static string Advice(string name, IReadOnlyCollection<string> known) =>
        (Of(name, known) is { } nearest ? $"; did you mean '{nearest}'?" : ".")
        + (known.Count == 0 ? "" : $" Known: {string.Join(", ", known.Order(StringComparer.Ordinal))}.");

    // Damerau-Levenshtein with adjacent swaps: inserted, removed, replaced or swapped letters cost 1 each.
    internal static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                d[i, j] = Math.Min(replace, Math.Min(d[i - 1, j], d[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }
        return d[a.Length, b.Length];
    }
}
