namespace Moesaic.Methods.Compression.Search;

/// <summary>
/// How the E' experts of a layer are made of its E (EEP, Liu et al. 2024): new expert i is Σⱼ W_EM[i, j] expert j, each of its matrices, and its
/// probability Σⱼ W_RM[i, j] pⱼ. With rows of a single one, the same in both, it is a choice of experts.
/// </summary>
/// <param name="Rows">E'.</param>
/// <param name="Columns">E.</param>
/// <param name="Experts">W_EM, row by row.</param>
/// <param name="Router">W_RM, row by row.</param>
public sealed record ExpertMap(int Rows, int Columns, float[] Experts, float[] Router)
{
    /// <summary>The choice of some experts.</summary>
    /// <param name="kept">Those that stay, in their new order.</param>
    /// <param name="experts">E.</param>
    public static ExpertMap Choose(IReadOnlyList<int> kept, int experts)
    {
        var rows = new float[kept.Count * experts];
        for (var i = 0; i < kept.Count; i++) rows[(i * experts) + kept[i]] = 1;
        return new ExpertMap(kept.Count, experts, rows, rows);
    }

    /// <summary>The experts that the map chooses, in their new order; null when it mixes any.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public int[]? Chosen
    {
        get
        {
            if (!Experts.AsSpan().SequenceEqual(Router)) return null;
            var kept = new int[Rows];
            for (var i = 0; i < Rows; i++)
            {
                var row = Experts.AsSpan(i * Columns, Columns);
                kept[i] = row.IndexOf(1);
                if (kept[i] < 0 || row.Count(0) != Columns - 1) return null;
            }
            return kept.Distinct().Count() == Rows ? kept : null;
        }
    }
}
