using Moesaic.Formats;
using Moesaic.Kernels;

namespace Moesaic.Inference;

/// <summary>
/// Chooses the next token. The order is that of Hugging Face's logits processors: bias, penalties (repetition, then frequency
/// and presence), temperature, top-k, top-p, min-p, typical-p, then one draw among the kept tokens in proportion to their
/// probabilities. Each filter sees the probabilities that the one before it left, summing to 1 again. Greedy choice ends after
/// the penalties. Equal logits rank by the lowest id. Choosing allocates no memory.
/// </summary>
/// <remarks>Holds the state of the random numbers: one per sequence, for one thread.</remarks>
public sealed class Sampler
{
    readonly SamplingOptions options;
    readonly Penalties penalties;
    readonly TokenFilter filter;
    readonly float[] scores;
    SplitMix64 random;

    /// <summary>Makes a sampler at the start of its random sequence.</summary>
    /// <param name="options">How to choose.</param>
    /// <param name="vocabularySize">V, the number of logits.</param>
    /// <exception cref="BadRequestException">An option lies outside its range.</exception>
    public Sampler(SamplingOptions options, int vocabularySize)
    {
        options.Validate();
        this.options = options;
        (penalties, filter) = (new Penalties(options, vocabularySize), new TokenFilter(options, vocabularySize));
        scores = new float[vocabularySize];
        random = new SplitMix64(options.Seed);
    }

    /// <summary>Chooses.</summary>
    /// <param name="logits">V logits; −∞ is never chosen. Not changed.</param>
    /// <param name="context">The tokens so far, prompt included, for the penalties.</param>
    /// <returns>A token id.</returns>
    /// <exception cref="BadModelException">A logit is NaN or +∞, or all are −∞.</exception>
    /// <exception cref="BadRequestException">The bias forbids all tokens.</exception>
    public int Next(ReadOnlySpan<float> logits, ReadOnlySpan<int> context)
    {
        if (logits.Length != scores.Length)
            throw new ArgumentException($"{logits.Length} logits for a vocabulary of {scores.Length}", nameof(logits));
        Check(logits);
        logits.CopyTo(scores);
        penalties.Apply(scores, context);
        var best = Best(scores);
        if (best < 0) throw new BadRequestException("The logit bias forbids every token that the model could choose; forbid fewer.");
        return options.IsGreedy ? best : Draw(filter.Keep(scores, scores[best]), filter.Probabilities);
    }

    static void Check(ReadOnlySpan<float> logits)
    {
        var possible = false;
        for (var id = 0; id < logits.Length; id++)
        {
            // NaN fails every comparison.
            if (!(logits[id] < float.PositiveInfinity))
                throw new BadModelException(FormattableString.Invariant(
                    $"The logit of token {id} is {logits[id]}: the model's numbers overflow or its weights are damaged. ") +
                    "Check the weights with moesaic inspect --check.");
            possible |= logits[id] > float.NegativeInfinity;
        }
        if (!possible)
            throw new BadModelException("All logits are −∞: the model's numbers overflow or its weights are damaged. " +
                "Check the weights with moesaic inspect --check.");
    }

    static int Best(ReadOnlySpan<float> scores)
    {
        var (best, highest) = (-1, float.NegativeInfinity);
        for (var id = 0; id < scores.Length; id++)
            if (scores[id] > highest) (best, highest) = (id, scores[id]);
        return best;
    }

    int Draw(ReadOnlySpan<int> kept, ReadOnlySpan<float> probabilities)
    {
        double total = 0;
        foreach (var id in kept) total += probabilities[id];
        var rest = random.NextDouble() * total;
        foreach (var id in kept)
        {
            rest -= probabilities[id];
            if (rest < 0) return id;
        }
        return kept[^1];     // what rounding left over
    }
}
