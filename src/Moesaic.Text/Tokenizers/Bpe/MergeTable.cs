namespace Moesaic.Text.Tokenizers;

/// <summary>
/// Which pairs of tokens merge, in which order of preference, into what. Lower rank merges first; among equal ranks the
/// leftmost pair. A word of n symbols costs O(n log n).
/// </summary>
sealed class MergeTable
{
    readonly Dictionary<long, (int Rank, int Id)> merges = [];

    public int Count => merges.Count;

    public void Add(int left, int right, int rank, int merged) => merges[Key(left, right)] = (rank, merged);

    /// <summary>Merges the symbols of one word in place and returns how many are left.</summary>
    public int Apply(Span<int> symbols)
    {
        var count = symbols.Length;
        if (count < 2) return count;
        var next = new int[count];
        var previous = new int[count];
        var queue = new PriorityQueue<int, long>(count);
        for (var i = 0; i < count; i++) (next[i], previous[i]) = (i + 1 < count ? i + 1 : -1, i - 1);
        for (var i = 0; i + 1 < count; i++) Offer(symbols, i, i + 1, queue);

        while (queue.TryDequeue(out var at, out var priority))
        {
            // A candidate is stale when one of its two symbols has changed since.
            if (symbols[at] < 0) continue;
            var right = next[at];
            if (right < 0 || !merges.TryGetValue(Key(symbols[at], symbols[right]), out var merge)
                || merge.Rank != (int)(priority >> 32)) continue;
            symbols[at] = merge.Id;
            symbols[right] = -1;
            next[at] = next[right];
            if (next[at] >= 0)
            {
                previous[next[at]] = at;
                Offer(symbols, at, next[at], queue);
            }
            if (previous[at] >= 0) Offer(symbols, previous[at], at, queue);
        }

        var kept = 0;
        for (var i = 0; i >= 0; i = next[i]) symbols[kept++] = symbols[i];
        return kept;
    }

    void Offer(Span<int> symbols, int left, int right, PriorityQueue<int, long> queue)
    {
        if (merges.TryGetValue(Key(symbols[left], symbols[right]), out var merge))
            queue.Enqueue(left, (long)merge.Rank << 32 | (uint)left);
    }

    static long Key(int left, int right) => (long)left << 32 | (uint)right;
}
