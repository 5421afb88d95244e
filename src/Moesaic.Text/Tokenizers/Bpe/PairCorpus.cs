using System.Runtime.InteropServices;
using System.Text;

namespace Moesaic.Text.Tokenizers;

/// <summary>The distinct words of a corpus as token ids, with the counts of their neighbouring pairs kept up to date.</summary>
sealed class PairCorpus
{
    readonly List<int>[] words;
    readonly long[] counts;
    readonly Dictionary<(int Left, int Right), long> pairs = [];
    readonly Dictionary<(int Left, int Right), HashSet<int>> places = [];
    // Highest count first, then lowest ids. Entries may be stale; they are checked when they come out.
    readonly PriorityQueue<(int Left, int Right), (long Count, int Left, int Right)> queue = new();

    public PairCorpus(IReadOnlyDictionary<string, long> wordCounts)
    {
        words = new List<int>[wordCounts.Count];
        counts = new long[wordCounts.Count];
        var index = 0;
        foreach (var (word, count) in wordCounts)
        {
            words[index] = [.. Encoding.UTF8.GetBytes(word)];
            counts[index] = count;
            for (var i = 0; i + 1 < words[index].Count; i++) Change((words[index][i], words[index][i + 1]), count, index);
            index++;
        }
        foreach (var pair in pairs.Keys) Enqueue(pair);
    }

    /// <summary>Replaces the most frequent pair by its token everywhere; null when no word has two tokens left.</summary>
    public (int Left, int Right)? MergeMostFrequent(Func<int, int, int> tokenOf)
    {
        while (queue.TryDequeue(out var pair, out var priority))
        {
            var count = pairs.GetValueOrDefault(pair);
            if (count != -priority.Count)
            {
                // A count that rose was queued anew; one that fell goes back with its true count.
                if (count > 0) Enqueue(pair);
                continue;
            }
            var token = tokenOf(pair.Left, pair.Right);
            var touched = new HashSet<(int, int)>();
            places.Remove(pair, out var where);
            foreach (var word in where!) Merge(word, pair, token, touched);
            pairs.Remove(pair);
            foreach (var fresh in touched) if (pairs.GetValueOrDefault(fresh) > 0) Enqueue(fresh);
            return pair;
        }
        return null;
    }

    void Merge(int index, (int Left, int Right) pair, int token, HashSet<(int, int)> touched)
    {
        var (word, count) = (words[index], counts[index]);
        var write = 0;
        for (var read = 0; read < word.Count; write++)
        {
            if (read + 1 >= word.Count || word[read] != pair.Left || word[read + 1] != pair.Right)
            {
                word[write] = word[read++];
                continue;
            }
            // Neighbours change from (before, left), (right, after) to (before, token), (token, after).
            if (write > 0)
            {
                Change((word[write - 1], pair.Left), -count, index);
                Change((word[write - 1], token), count, index);
                touched.Add((word[write - 1], token));
            }
            if (read + 2 < word.Count)
            {
                Change((pair.Right, word[read + 2]), -count, index);
                Change((token, word[read + 2]), count, index);
                touched.Add((token, word[read + 2]));
            }
            word[write] = token;
            read += 2;
        }
        word.RemoveRange(write, word.Count - write);
    }

    void Change((int, int) pair, long by, int word)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(pairs, pair, out _) += by;
        if (by <= 0) return;
        ref var where = ref CollectionsMarshal.GetValueRefOrAddDefault(places, pair, out _);
        (where ??= []).Add(word);
    }

    void Enqueue((int Left, int Right) pair) => queue.Enqueue(pair, (-pairs[pair], pair.Left, pair.Right));
}
