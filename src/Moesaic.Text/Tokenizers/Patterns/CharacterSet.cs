using System.Globalization;

namespace Moesaic.Text.Tokenizers;

/// <summary>A set of code points: ranges, general categories and nested sets, possibly negated or intersected.</summary>
sealed class CharacterSet
{
    readonly (int First, int Last)[] ranges;
    readonly int categories;
    readonly CharacterSet[] nested;
    readonly CharacterSet? and;
    readonly bool negated;
    readonly bool ignoreCase;
    readonly UInt128 ascii;

    /// <param name="ranges">Inclusive ranges.</param>
    /// <param name="categories">A bit per <see cref="UnicodeCategory"/>.</param>
    /// <param name="nested">Sets joined with the rest.</param>
    /// <param name="and">A set to intersect with, before negation.</param>
    /// <param name="negated">Everything else instead.</param>
    /// <param name="ignoreCase">A code point belongs when any of its case variants does.</param>
    public CharacterSet(
        IEnumerable<(int First, int Last)> ranges, int categories = 0, IEnumerable<CharacterSet>? nested = null,
        CharacterSet? and = null, bool negated = false, bool ignoreCase = false)
    {
        this.ranges = [.. ranges];
        this.categories = categories;
        this.nested = [.. nested ?? []];
        this.and = and;
        this.negated = negated;
        this.ignoreCase = ignoreCase;
        for (var c = 0; c < 128; c++) if (Compute(c)) ascii |= UInt128.One << c;
    }

    public bool Contains(int codePoint) =>
        codePoint < 128 ? (ascii >> codePoint & UInt128.One) != UInt128.Zero : Compute(codePoint);

    bool Compute(int codePoint)
    {
        if (!ignoreCase) return Has(codePoint) != negated;
        foreach (var variant in CodePoints.CaseVariants(codePoint))
            if (Has(variant)) return !negated;
        return negated;
    }

    bool Has(int codePoint)
    {
        if (and is not null && !and.Contains(codePoint)) return false;
        foreach (var (first, last) in ranges) if (codePoint >= first && codePoint <= last) return true;
        if (categories != 0 && (1 << (int)CharUnicodeInfo.GetUnicodeCategory(codePoint) & categories) != 0) return true;
        foreach (var set in nested) if (set.Contains(codePoint)) return true;
        return false;
    }
}
