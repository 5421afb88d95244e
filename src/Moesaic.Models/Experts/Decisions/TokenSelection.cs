namespace Moesaic.Models.Experts;

/// <summary>Slot 6 where a token decides by itself: each kind of <see cref="SelectionRule"/> as a function of its scores.</summary>
static class TokenSelection
{
    /// <summary>Most experts that a token can get.</summary>
    public static int Most(SelectionRule rule, int chosen, int experts) =>
        rule.Kind is SelectionKind.TopK or SelectionKind.SecondAbove or SelectionKind.SecondSampled ? chosen : experts;

    /// <summary>Selects experts for one token.</summary>
    /// <param name="rule">One that looks at no other token.</param>
    /// <param name="scores">E selection scores, by which the best of all are found.</param>
    /// <param name="affinities">E affinities, by which all else is decided.</param>
    /// <param name="chosen">K.</param>
    /// <param name="ids">At least <see cref="Most"/> places; filled, best first.</param>
    /// <returns>How many were selected.</returns>
    public static int Pick(SelectionRule rule, ReadOnlySpan<float> scores, ReadOnlySpan<float> affinities, int chosen, Span<int> ids)
    {
        switch (rule.Kind)
        {
            case SelectionKind.TopK or SelectionKind.SecondAbove or SelectionKind.SecondSampled:
                Selection.TopK(scores, ids[..chosen]);
                return chosen;
            case SelectionKind.Above:
                return Above(affinities, (double)rule.Threshold / affinities.Length, ids);
            case SelectionKind.Positive:
                return Above(affinities, 0, ids);
            case SelectionKind.All:
                return Above(affinities, double.NegativeInfinity, ids);
            case SelectionKind.NearBest:
                return NearBest(affinities, rule.Threshold, ids);
            case SelectionKind.Share:
                return Share(affinities, rule.Threshold, ids);
            default:
                throw new ArgumentException($"{rule.Kind} looks at other tokens", nameof(rule));
        }
    }

    /// <summary>How many experts are above a threshold of affinity times E.</summary>
    public static int CountAbove(ReadOnlySpan<float> affinities, float threshold)
    {
        var count = 0;
        foreach (var a in affinities)
            if (a > (double)threshold / affinities.Length) count++;
        return count;
    }

    static int Above(ReadOnlySpan<float> affinities, double threshold, Span<int> ids)
    {
        var count = 0;
        for (var e = 0; e < affinities.Length; e++)
            if (affinities[e] > threshold) ids[count++] = e;
        Selection.SortBest(affinities, ids[..count]);
        return count;
    }

    static int NearBest(ReadOnlySpan<float> affinities, float threshold, Span<int> ids)
    {
        double best = 0;
        foreach (var a in affinities) best = Math.Max(best, a);
        var count = 0;
        for (var e = 0; e < affinities.Length; e++)
            if (affinities[e] >= (1.0 - threshold) * best) ids[count++] = e;
        Selection.SortBest(affinities, ids[..count]);
        return count;
    }

    static int Share(ReadOnlySpan<float> affinities, float threshold, Span<int> ids)
    {
        var count = Above(affinities, double.NegativeInfinity, ids);
        double all = 0, before = 0;
        foreach (var a in affinities) all += a;
        for (var j = 0; j < count; j++)
        {
            if (j > 0 && before >= threshold * all) return j;
            before += affinities[ids[j]];
        }
        return count;
    }
}
