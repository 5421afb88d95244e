using Moesaic.Kernels;

namespace Moesaic.Inference;

/// <summary>Temperature and the filters: from scores to the tokens that may be drawn and their probabilities.</summary>
sealed class TokenFilter(SamplingOptions options, int vocabularySize)
{
    readonly float[] probabilities = new float[vocabularySize];
    readonly int[] kept = new int[vocabularySize];
    readonly TokenHeap heap = new(vocabularySize);

    /// <summary>By id, of all tokens; those that were kept sum to 1 or less.</summary>
    public ReadOnlySpan<float> Probabilities => probabilities;

    /// <summary>Filters.</summary>
    /// <param name="scores">V scores, none NaN or +∞; overwritten.</param>
    /// <param name="best">The highest of them, finite.</param>
    /// <returns>The ids that may be drawn, one or more.</returns>
    public ReadOnlySpan<int> Keep(Span<float> scores, float best)
    {
        // Subtracting first keeps small temperatures from overflowing.
        for (var id = 0; id < scores.Length; id++) scores[id] = (scores[id] - best) / options.Temperature;
        Softmax.Rows(scores, scores.Length, probabilities);
        var limit = options.TopK == 0 ? scores.Length : Math.Min(options.TopK, scores.Length);
        var count = limit < scores.Length || options.TopP < 1 ? KeepBest(scores, limit) : KeepLikely();
        if (options.TypicalP < 1) count = KeepTypical(scores, count);
        return kept.AsSpan(0, count);
    }

    int KeepBest(ReadOnlySpan<float> scores, int limit)
    {
        heap.Fill(scores);
        double mass = 0, total = 1;
        var taken = 0;
        if (limit < scores.Length)
            for (total = 0; taken < limit; taken++) total += probabilities[kept[taken] = heap.Pop(scores)];
        for (var i = 0; i < limit; i++)
        {
            if (i == taken) kept[taken++] = heap.Pop(scores);
            var p = probabilities[kept[i]];
            if (p == 0 || p < options.MinP * probabilities[kept[0]]) return i;
            mass += p;
            if (mass >= options.TopP * total) return i + 1;
        }
        return limit;
    }

    int KeepLikely()
    {
        var highest = 0f;
        foreach (var p in probabilities) highest = Math.Max(highest, p);
        var threshold = options.MinP * highest;
        var count = 0;
        for (var id = 0; id < probabilities.Length; id++)
            if (probabilities[id] > 0 && probabilities[id] >= threshold) kept[count++] = id;
        return count;
    }

    int KeepTypical(Span<float> scores, int count)
    {
        double total = 0, entropy = 0;
        for (var i = 0; i < count; i++) total += probabilities[kept[i]];
        for (var i = 0; i < count; i++)
        {
            var p = probabilities[kept[i]] / total;
            entropy -= p * Math.Log(p);
        }
        // From here on a score says how typical a token is: its surprise is near the mean surprise.
        for (var i = 0; i < count; i++)
            scores[kept[i]] = -(float)Math.Abs(Math.Log(probabilities[kept[i]] / total) + entropy);
        heap.Fill(kept.AsSpan(0, count), scores);
        double mass = 0;
        for (var i = 0; i < count; i++)
        {
            kept[i] = heap.Pop(scores);
            mass += probabilities[kept[i]];
            if (mass >= options.TypicalP * total) return i + 1;
        }
        return count;
    }
}
