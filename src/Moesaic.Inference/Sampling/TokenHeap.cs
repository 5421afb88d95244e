namespace Moesaic.Inference;

/// <summary>Token ids of which the one with the highest score comes out first; ties go to the lowest id. Allocates once.</summary>
/// <param name="capacity">Most ids it will hold.</param>
sealed class TokenHeap(int capacity)
{
    readonly int[] ids = new int[capacity];

    public int Count { get; private set; }

    /// <summary>Takes all ids 0 .. scores.Length − 1; the scores must stay unchanged while ids come out.</summary>
    public void Fill(ReadOnlySpan<float> scores)
    {
        Count = scores.Length;
        for (var i = 0; i < Count; i++) ids[i] = i;
        Order(scores);
    }

    /// <summary>Takes some ids; the scores, which they index, must stay unchanged while ids come out.</summary>
    public void Fill(ReadOnlySpan<int> some, ReadOnlySpan<float> scores)
    {
        Count = some.Length;
        some.CopyTo(ids);
        Order(scores);
    }

    void Order(ReadOnlySpan<float> scores)
    {
        for (var i = (Count / 2) - 1; i >= 0; i--) Sink(i, scores);
    }

    /// <summary>Removes and returns the best id.</summary>
    public int Pop(ReadOnlySpan<float> scores)
    {
        var best = ids[0];
        ids[0] = ids[--Count];
        Sink(0, scores);
        return best;
    }

    void Sink(int at, ReadOnlySpan<float> scores)
    {
        while (true)
        {
            int child = (2 * at) + 1, best = at;
            if (child < Count && Before(ids[child], ids[best], scores)) best = child;
            if (child + 1 < Count && Before(ids[child + 1], ids[best], scores)) best = child + 1;
            if (best == at) return;
            (ids[at], ids[best], at) = (ids[best], ids[at], best);
        }
    }

    static bool Before(int a, int b, ReadOnlySpan<float> scores) =>
        scores[a] > scores[b] || (scores[a] == scores[b] && a < b);
}
