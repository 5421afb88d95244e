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
}
