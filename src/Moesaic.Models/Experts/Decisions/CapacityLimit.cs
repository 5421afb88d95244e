using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>Slot 8: an expert has so many places for a group, given in an order; what finds none overflows.</summary>
static class CapacityLimit
{
    /// <summary>Marks the choices that overflow, or moves them to the next best expert that has room.</summary>
    /// <param name="capacity">The places and who comes first.</param>
    /// <param name="perToken">K, for the number of places.</param>
    /// <param name="scores">[T, E], by which a next choice is found.</param>
    /// <param name="affinities">[T, E], by which tokens come first with <see cref="CapacityOrder.Priority"/>.</param>
    /// <param name="groups">Who competes. A row in no group loses all its choices, uncounted.</param>
    /// <param name="picks">Changed.</param>
    /// <param name="draw">Where the random order comes from, or null: by position.</param>
    /// <param name="stream">The router's own numbers.</param>
    public static void Apply(CapacitySpec capacity, int perToken, Tensor scores, Tensor affinities, in RoutingGroups groups, in Picks picks,
        NoiseDraw? draw, int stream)
    {
        var experts = affinities.Columns;
        var taken = new int[experts];
        var seated = new bool[affinities.Rows];
        for (var g = 0; g < groups.Count; g++)
        {
            int[] rows = [.. groups[g]];
            foreach (var t in rows) seated[t] = true;
            Sort(capacity.Order, rows, affinities, picks, draw, stream);
            Array.Clear(taken);
            var places = capacity.Places(rows.Length, perToken, experts);
            var next = capacity.Overflow == CapacityOverflow.NextChoice ? scores : null;
            if (capacity.Order == CapacityOrder.Position)
                foreach (var t in rows)
                    for (var j = 0; j < picks.Width; j++) Seat(t, j, taken, places, next, picks);
            else
                for (var j = 0; j < picks.Width; j++)
                    foreach (var t in rows) Seat(t, j, taken, places, next, picks);
            if (next is not null)
                foreach (var t in rows) SortKept(affinities.Row(t), picks, t);
        }
        for (var t = 0; t < seated.Length; t++)
            if (!seated[t]) picks.End(t, 0);
    }

    static void Seat(int token, int place, int[] taken, int places, Tensor? next, in Picks picks)
    {
        ref var code = ref picks.Codes[(token * picks.Width) + place];
        // A row ends with −1, but in a later round it may have been read further.
        if (picks.Of(token).Length <= place || picks.State(code) != PickState.Kept) return;
        if (taken[code] < places)
        {
            taken[code]++;
            return;
        }
        if (next is not null && NextWithRoom(next.Row(token), picks, token, taken, places) is var other and >= 0)
        {
            code = other;
            taken[other]++;
        }
        else code = picks.Marked(code, PickState.Overflowed);
    }

    // The best expert with room that is not among the token's choices.
    static int NextWithRoom(ReadOnlySpan<float> scores, in Picks picks, int token, int[] taken, int places)
    {
        var best = -1;
        for (var e = 0; e < scores.Length; e++)
        {
            if (taken[e] >= places || scores[e] == float.NegativeInfinity || (best >= 0 && !(scores[e] > scores[best]))) continue;
            var present = false;
            foreach (var code in picks.Of(token)) present |= picks.Expert(code) == e;
            if (!present) best = e;
        }
        return best;
    }

    static void Sort(CapacityOrder order, int[] rows, Tensor affinities, in Picks picks, NoiseDraw? draw, int stream)
    {
        if (order is CapacityOrder.Position or CapacityOrder.FirstChoices || (order == CapacityOrder.Random && draw is null)) return;
        var keys = new (double Key, int Row)[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            var best = picks.Of(rows[i]);
            keys[i] = (order == CapacityOrder.Random ? draw!.Value.Uniform(NoiseUse.Order, stream, rows[i])
                : best.IsEmpty ? 0 : -affinities.Row(rows[i])[picks.Expert(best[0])], i);
        }
        Array.Sort(keys, rows);     // of equal keys the earlier row
    }

    // Best first among what is kept; what overflowed goes behind.
    static void SortKept(ReadOnlySpan<float> affinities, in Picks picks, int token)
    {
        var codes = picks.Of(token);
        for (var i = 1; i < codes.Length; i++)
            for (var j = i; j > 0 && Rank(affinities, picks, codes[j]) > Rank(affinities, picks, codes[j - 1]); j--)
                (codes[j], codes[j - 1]) = (codes[j - 1], codes[j]);
    }

    static float Rank(ReadOnlySpan<float> affinities, in Picks picks, int code) =>
        picks.State(code) == PickState.Kept ? affinities[picks.Expert(code)] : -1;
}
