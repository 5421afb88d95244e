using Moesaic.Formats;
using Moesaic.Kernels;

namespace Moesaic.Inference;

/// <summary>
/// Chooses the next token. The order is that of Hugging Face's logits processors: repetition penalty, temperature, top-k,
/// top-p, min-p, then one draw among the kept tokens in proportion to their probabilities. Greedy choice ends after the
/// penalty. Equal logits rank by the lowest id. Choosing allocates no memory.
/// </summary>
/// <remarks>Holds the state of the random numbers: one per sequence, for one thread.</remarks>
public sealed class Sampler
{
    readonly SamplingOptions options;
    readonly float[] scores, probabilities;
    readonly int[] kept;
    readonly bool[] penalised;
    readonly TokenHeap heap;
    SplitMix64 random;

    /// <summary>Makes a sampler at the start of its random sequence.</summary>
    /// <param name="options">How to choose.</param>
    /// <param name="vocabularySize">V, the number of logits.</param>
    /// <exception cref="BadRequestException">An option lies outside its range.</exception>
    public Sampler(SamplingOptions options, int vocabularySize)
    {
        options.Validate();
        this.options = options;
        (scores, probabilities) = (new float[vocabularySize], new float[vocabularySize]);
        (kept, penalised, heap) = (new int[vocabularySize], new bool[vocabularySize], new TokenHeap(vocabularySize));
        random = new SplitMix64(options.Seed);
    }

    /// <summary>Chooses.</summary>
    /// <param name="logits">V logits; −∞ is never chosen. Not changed.</param>
    /// <param name="context">The tokens so far, prompt included, for the repetition penalty.</param>
    /// <returns>A token id.</returns>
    /// <exception cref="BadModelException">A logit is NaN or +∞, or all are −∞.</exception>
    public int Next(ReadOnlySpan<float> logits, ReadOnlySpan<int> context)
    {
        if (logits.Length != scores.Length)
            throw new ArgumentException($"{logits.Length} logits for a vocabulary of {scores.Length}", nameof(logits));
        logits.CopyTo(scores);
        Penalise(context);
        var best = Best();
        return options.IsGreedy ? best : Draw(Keep(scores[best]));
    }

    void Penalise(ReadOnlySpan<int> context)
    {
        if (options.RepetitionPenalty == 1) return;
        var window = context[Math.Max(0, context.Length - options.RepetitionWindow)..];
        foreach (var id in window)
        {
            if (penalised[id]) continue;
            penalised[id] = true;
            scores[id] = scores[id] > 0 ? scores[id] / options.RepetitionPenalty : scores[id] * options.RepetitionPenalty;
        }
        foreach (var id in window) penalised[id] = false;
    }

    int Best()
    {
        var best = -1;
        for (var id = 0; id < scores.Length; id++)
        {
            var score = scores[id];
            if (float.IsNaN(score) || float.IsPositiveInfinity(score))
                throw new BadModelException(FormattableString.Invariant(
                    $"The logit of token {id} is {score}: the model's numbers overflow or its weights are damaged. ") +
                    "Check the weights with moesaic inspect --check.");
            if (best < 0 ? !float.IsNegativeInfinity(score) : score > scores[best]) best = id;
        }
        return best >= 0 ? best : throw new BadModelException(
            "All logits are −∞: the model's numbers overflow or its weights are damaged. Check the weights with moesaic inspect --check.");
    }

    /// <summary>Fills probabilities and the ids that may be drawn.</summary>
    /// <returns>How many ids were kept.</returns>
    int Keep(float best)
    {
        // Subtracting first keeps small temperatures from overflowing.
        for (var id = 0; id < scores.Length; id++) scores[id] = (scores[id] - best) / options.Temperature;
        Softmax.Rows(scores, scores.Length, probabilities);
        var limit = options.TopK == 0 ? scores.Length : Math.Min(options.TopK, scores.Length);
        return limit < scores.Length || options.TopP < 1 ? KeepBest(limit) : KeepLikely();
    }

    int KeepBest(int limit)
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
        var threshold = options.MinP * Highest();
        var count = 0;
        for (var id = 0; id < probabilities.Length; id++)
            if (probabilities[id] > 0 && probabilities[id] >= threshold) kept[count++] = id;
        return count;
    }

    float Highest()
    {
        var highest = 0f;
        foreach (var p in probabilities) highest = Math.Max(highest, p);
        return highest;
    }

    int Draw(int count)
    {
        double total = 0;
        for (var i = 0; i < count; i++) total += probabilities[kept[i]];
        var rest = random.NextDouble() * total;
        for (var i = 0; i < count; i++)
        {
            rest -= probabilities[kept[i]];
            if (rest < 0) return kept[i];
        }
        return kept[count - 1];     // what rounding left over
    }
}
