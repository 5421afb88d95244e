namespace Moesaic.Models.Experts;

/// <summary>Slot 6 of the router: which experts a token gets.</summary>
public static class Selection
{
    /// <summary>The K highest scores, best first; ties go to the lowest index, so that every machine chooses alike.</summary>
    /// <param name="scores">E scores; a NaN counts as the lowest.</param>
    /// <param name="chosen">K indices, filled; K &lt;= E.</param>
    public static void TopK(ReadOnlySpan<float> scores, Span<int> chosen)
    {
        for (var j = 0; j < chosen.Length; j++)
        {
            var best = -1;
            for (var e = 0; e < scores.Length; e++)
            {
                if (chosen[..j].Contains(e)) continue;
                if (best < 0 || scores[e] > scores[best] || (float.IsNaN(scores[best]) && !float.IsNaN(scores[e]))) best = e;
            }
            chosen[j] = best;
        }
    }

    /// <summary>A token's choices without the empty places at their end.</summary>
    public static ReadOnlySpan<int> Filled(ReadOnlySpan<int> chosen) => chosen.IndexOf(-1) is var end and >= 0 ? chosen[..end] : chosen;

    /// <summary>
    /// Sets the scores outside the best groups to −∞; ties go to the lowest group. Published code sets them to 0 instead,
    /// which is the same as long as every score inside is positive.
    /// </summary>
    /// <param name="scores">E scores, group after group; changed.</param>
    /// <param name="groups">How many groups, how many stay, what stands for a group.</param>
    public static void LimitToGroups(Span<float> scores, ExpertGroups groups)
    {
        var size = scores.Length / groups.Count;
        Span<float> best = groups.Count <= 64 ? stackalloc float[groups.Count] : new float[groups.Count];
        Span<int> kept = groups.Kept <= 64 ? stackalloc int[groups.Kept] : new int[groups.Kept];
        Span<int> two = stackalloc int[2];
        for (var g = 0; g < groups.Count; g++)
        {
            var group = scores.Slice(g * size, size);
            var top = two[..(groups.Score == GroupScore.SumOfBestTwo ? 2 : 1)];
            TopK(group, top);
            best[g] = group[top[0]] + (top.Length == 2 ? group[top[1]] : 0);
        }
        TopK(best, kept);
        for (var g = 0; g < groups.Count; g++)
            if (!kept.Contains(g)) scores.Slice(g * size, size).Fill(float.NegativeInfinity);
    }
}
