using System.Collections.Frozen;
using Moesaic.Formats;
using Moesaic.Kernels;

namespace Moesaic.Inference;

/// <summary>
/// Chooses the next token. The order is that of Hugging Face's logits processors: bias, penalties (repetition, then frequency
/// and presence), what a constraint allows, temperature, top-k, top-p, min-p, typical-p, then one draw among the kept tokens in proportion to their
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
    readonly ITokenConstraint? constraint;
    readonly IReadOnlySet<int> endOfText;
    readonly uint[] allowed;
    SplitMix64 random;

    /// <summary>Makes a sampler at the start of its random sequence.</summary>
    /// <param name="options">How to choose.</param>
    /// <param name="vocabularySize">V, the number of logits.</param>
    /// <param name="constraint">
    /// What the text may be, or null. It is told each token that is chosen. Tokens that end a text can be chosen exactly when it is complete.
    /// </param>
    /// <param name="endOfText">Ids that end a text; needed with a constraint.</param>
    /// <exception cref="BadRequestException">An option lies outside its range.</exception>
    public Sampler(
        SamplingOptions options, int vocabularySize, ITokenConstraint? constraint = null, IReadOnlySet<int>? endOfText = null)
    {
        options.Validate();
        this.options = options;
        (penalties, filter) = (new Penalties(options, vocabularySize), new TokenFilter(options, vocabularySize));
        scores = new float[vocabularySize];
        random = new SplitMix64(options.Seed);
        (this.constraint, this.endOfText) = (constraint, endOfText ?? FrozenSet<int>.Empty);
        allowed = new uint[constraint is null ? 0 : TokenMask.Words(vocabularySize)];
    }

    /// <summary>Chooses.</summary>
    /// <param name="logits">V logits; −∞ is never chosen. Not changed.</param>
    /// <param name="context">The tokens so far, prompt included, for the penalties.</param>
    /// <returns>A token id.</returns>
    /// <exception cref="BadModelException">A logit is NaN or +∞, or all are −∞.</exception>
    /// <exception cref="BadRequestException">The bias forbids all tokens, or all that the constraint allows.</exception>
    public int Next(ReadOnlySpan<float> logits, ReadOnlySpan<int> context)
    {
        if (logits.Length != scores.Length)
            throw new ArgumentException($"{logits.Length} logits for a vocabulary of {scores.Length}", nameof(logits));
        Check(logits);
        logits.CopyTo(scores);
        penalties.Apply(scores, context);
        if (constraint is not null) Constrain();
        var best = Best(scores);
        if (best < 0) throw new BadRequestException("The logit bias forbids every token that the model could choose; forbid fewer.");
        var chosen = options.IsGreedy ? best : Draw(filter.Keep(scores, scores[best]), filter.Probabilities);
        if (constraint is not null && !endOfText.Contains(chosen)) constraint.Accept(chosen);
        return chosen;
    }

    void Constrain()
    {
        constraint!.Mask(allowed);
        if (constraint.MayEnd)
        {
            foreach (var id in endOfText)
                if (id < scores.Length) TokenMask.Add(allowed, id);
        }
        if (!allowed.AsSpan().ContainsAnyExcept(0u))
            throw new BadModelException(constraint.MayEnd
                ? "The constrained text is complete, but the model has no token that ends a text."
                : "No token of the vocabulary continues the constrained text: it lacks tokens for some bytes. Use another model or no constraint.");
        TokenMask.Apply(allowed, scores);
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
