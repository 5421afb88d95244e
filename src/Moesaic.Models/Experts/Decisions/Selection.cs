using System.Numerics;
using System.Runtime.Intrinsics;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Moesaic.Models.Experts;

/// <summary>Slot 6 of the router: which experts a token gets.</summary>
public static class Selection
{
    /// <summary>The K highest scores, best first; ties go to the lowest index, so that every machine chooses alike.</summary>
    /// <param name="scores">E scores; a NaN counts as the lowest.</param>
    /// <param name="chosen">K indices, filled; K &lt;= E.</param>
    public static void TopK(ReadOnlySpan<float> scores, Span<int> chosen)
    {
        if (chosen.IsEmpty) return;
        for (var e = 0; e < chosen.Length; e++) Insert(scores, chosen[..(e + 1)], e);
        var next = chosen.Length;
        // Most experts fall short of the worst that is kept: eight are passed over at a time.
        for (; next <= scores.Length - Vector256<float>.Count; next += Vector256<float>.Count)
        {
            var worst = Vector256.Create(scores[chosen[^1]]);
            var candidates = ~Vector256.LessThanOrEqual(Vector256.Create(scores[next..]), worst).ExtractMostSignificantBits() & 0xFF;
            for (; candidates != 0; candidates &= candidates - 1) Offer(scores, chosen, next + BitOperations.TrailingZeroCount(candidates));
        }
        for (; next < scores.Length; next++) Offer(scores, chosen, next);
    }

    /// <summary>Adds the bias on the selection; who is masked, with a logit of −∞, stays out whatever its bias.</summary>
    /// <param name="scores">E affinities; changed.</param>
    /// <param name="bias">E.</param>
    /// <param name="logits">E; empty when nobody is masked.</param>
    public static void AddBias(Span<float> scores, ReadOnlySpan<float> bias, ReadOnlySpan<float> logits)
    {
        TensorPrimitives.Add(scores, bias, scores);
        for (var e = 0; e < logits.Length; e++)
            if (logits[e] == float.NegativeInfinity) scores[e] = float.NegativeInfinity;
    }

    static void Offer(ReadOnlySpan<float> scores, Span<int> chosen, int expert)
    {
        if (Better(scores[expert], scores[chosen[^1]])) Insert(scores, chosen, expert);
    }

    /// <summary>Puts an expert among those before it, best first; the last place is free, or its expert falls out.</summary>
    static void Insert(ReadOnlySpan<float> scores, Span<int> chosen, int expert)
    {
        var place = chosen.Length - 1;
        for (; place > 0 && Better(scores[expert], scores[chosen[place - 1]]); place--) chosen[place] = chosen[place - 1];
        chosen[place] = expert;
    }

    static bool Better(float score, float other) => score > other || (float.IsNaN(other) && !float.IsNaN(score));

    /// <summary>The best of each group that <see cref="LimitToGroups"/> left, all together best first.</summary>
    /// <param name="scores">E scores, −∞ outside the kept groups.</param>
    /// <param name="groups">With <see cref="ExpertGroups.PerGroup"/>.</param>
    /// <param name="ids">K places, filled.</param>
    /// <returns>K.</returns>
    public static int TopKPerGroup(ReadOnlySpan<float> scores, ExpertGroups groups, Span<int> ids)
    {
        int size = scores.Length / groups.Count, count = 0;
        for (var g = 0; g < groups.Count; g++)
        {
            var group = scores.Slice(g * size, size);
            if (!group.ContainsAnyExcept(float.NegativeInfinity)) continue;
            var best = ids.Slice(count, groups.PerGroup);
            TopK(group, best);
            foreach (ref var e in best) e += g * size;
            count += groups.PerGroup;
        }
        SortBest(scores, ids[..count]);
        return count;
    }

    /// <summary>Puts the highest scores first, ties the lowest index first.</summary>
    /// <param name="scores">E scores.</param>
    /// <param name="ids">Some of their indices, rising; changed.</param>
    public static void SortBest(ReadOnlySpan<float> scores, Span<int> ids)
    {
        for (var i = 1; i < ids.Length; i++)
        {
            var e = ids[i];
            var j = i;
            for (; j > 0 && scores[e] > scores[ids[j - 1]]; j--) ids[j] = ids[j - 1];
            ids[j] = e;
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
            if (groups.Score == GroupScore.Own)
            {
                best[g] = TensorPrimitives.Sum<float>(group);
                continue;
            }
            var top = two[..(groups.Score == GroupScore.SumOfBestTwo ? 2 : 1)];
            TopK(group, top);
            best[g] = group[top[0]] + (top.Length == 2 ? group[top[1]] : 0);
        }
        TopK(best, kept);
        for (var g = 0; g < groups.Count; g++)
            if (!kept.Contains(g)) scores.Slice(g * size, size).Fill(float.NegativeInfinity);
    }
}
