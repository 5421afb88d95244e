using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>Slot 6 where the tokens of a group decide together. None of these is causal.</summary>
static class GroupSelection
{
    /// <summary>Each expert takes the tokens that score it highest; ties go to the earliest (Zhou et al. 2022).</summary>
    /// <param name="affinities">[T, E].</param>
    /// <param name="groups">Who competes.</param>
    /// <param name="perToken">K, the average.</param>
    /// <param name="picks">Filled for the rows of the groups; E places.</param>
    public static void ExpertChoice(Tensor affinities, in RoutingGroups groups, int perToken, in Picks picks)
    {
        int tokens = affinities.Rows, experts = affinities.Columns;
        var counts = new int[tokens];
        var order = new ulong[tokens];
        for (var g = 0; g < groups.Count; g++)
        {
            var rows = groups[g];
            if (rows.IsEmpty) continue;
            var places = Places(rows.Length, perToken, experts);
            for (var e = 0; e < experts; e++)
            {
                for (var i = 0; i < rows.Length; i++) order[i] = DescendingKey(affinities.Row(rows[i])[e], i);
                Array.Sort(order, 0, rows.Length);
                for (var i = 0; i < places; i++)
                {
                    var t = rows[(int)(uint)order[i]];
                    picks.Row(t)[counts[t]++] = e;
                }
            }
        }
        for (var t = 0; t < tokens; t++)
        {
            picks.End(t, counts[t]);
            Selection.SortBest(affinities.Row(t), picks.Of(t));
        }
    }

    /// <summary>Tokens that an expert takes: n K/E, to the nearest, halves up, at least 1.</summary>
    public static int Places(int tokens, int perToken, int experts) =>
        Math.Clamp((int)(((2L * tokens * perToken) + experts) / (2L * experts)), 1, tokens);

    /// <summary>Every token of a group gets as many as are above the threshold on average, to the nearest, halves up, at least 1.</summary>
    /// <param name="affinities">[T, E].</param>
    /// <param name="groups">Who counts together.</param>
    /// <param name="threshold">Of affinity times E.</param>
    /// <param name="picks">Filled for the rows of the groups; E places.</param>
    public static void AverageAbove(Tensor affinities, in RoutingGroups groups, float threshold, in Picks picks)
    {
        for (var t = 0; t < affinities.Rows; t++) picks.End(t, 0);
        for (var g = 0; g < groups.Count; g++)
        {
            long above = 0;
            foreach (var t in groups[g]) above += TokenSelection.CountAbove(affinities.Row(t), threshold);
            var chosen = (int)Math.Max(1, ((2 * above) + groups[g].Length) / Math.Max(1, 2 * groups[g].Length));
            foreach (var t in groups[g])
            {
                Selection.TopK(affinities.Row(t), picks.Row(t)[..chosen]);
                picks.End(t, chosen);
            }
        }
    }

    /// <summary>Sorts highest first, then earliest first.</summary>
    /// <param name="value">Not negative; a NaN comes last.</param>
    /// <param name="index">Not negative.</param>
    public static ulong DescendingKey(float value, int index) =>
        ((ulong)(uint.MaxValue - (float.IsNaN(value) ? 0 : BitConverter.SingleToUInt32Bits(value) & 0x7FFFFFFF)) << 32) | (uint)index;
}
