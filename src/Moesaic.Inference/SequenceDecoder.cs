using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Models.Experts;

namespace Moesaic.Inference;

/// <summary>
/// One sequence on its way through a model: a <see cref="BatchDecoder"/> of one, which remembers nothing of what was rewound. In
/// a steady state <see cref="Next(int)"/> allocates no memory.
/// </summary>
/// <remarks>For one thread; several decoders may share a model, one after the other.</remarks>
public sealed class SequenceDecoder : IDisposable
{
    readonly BatchDecoder decoder;
    readonly BatchSequence sequence;

    /// <summary>Makes room for a sequence.</summary>
    /// <param name="model">Not changed; must outlive this.</param>
    /// <param name="capacity">Longest sequence, in tokens, 1 or more; memory is taken at once.</param>
    /// <param name="chunk">Most tokens per pass: a longer input runs in several passes. Results do not depend on it. Default 256.</param>
    /// <param name="task">Number of the task, for a model whose routers decide by one; otherwise −1.</param>
    /// <exception cref="BadRequestException">The capacity exceeds what the model was made for.</exception>
    public SequenceDecoder(Model model, int capacity, int chunk = 256, int task = -1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(chunk, 1);
        decoder = new BatchDecoder(model, new BatchOptions
        {
            CacheTokens = Math.Min(capacity, model.Spec.MaxPositions), Chunk = Math.Min(chunk, capacity), ReusesPrefixes = false,
        });
        try
        {
            sequence = decoder.Add([], capacity, task);
        }
        catch
        {
            decoder.Dispose();
            throw;
        }
    }

    /// <summary>Longest sequence, in tokens.</summary>
    public int Capacity => sequence.Capacity;

    /// <summary>Tokens so far.</summary>
    public int Length => sequence.Length;

    /// <inheritdoc cref="BatchDecoder.Policies"/>
    public RoutingPolicies? Policies
    {
        get => decoder.Policies;
        set => decoder.Policies = value;
    }

    /// <inheritdoc cref="BatchDecoder.Statistics"/>
    public IReadOnlyList<RoutingStatistics>? Statistics
    {
        get => decoder.Statistics;
        set => decoder.Statistics = value;
    }

    /// <summary>Bytes of keys and values held.</summary>
    public long CacheBytes => decoder.Cache.Pages * decoder.Cache.PageBytes;

    /// <summary>Forgets all tokens from <paramref name="length"/> on.</summary>
    public void Rewind(int length) => sequence.Truncate(length);

    /// <summary>Appends tokens.</summary>
    /// <param name="ids">One or more token ids.</param>
    /// <param name="cancellation">Stops between passes; the sequence is then as long as the passes that ended.</param>
    /// <returns>V logits of the token that follows; valid until the next call.</returns>
    /// <exception cref="ArgumentException">There is none, they do not fit, or one lies outside the vocabulary.</exception>
    public ReadOnlySpan<float> Next(scoped ReadOnlySpan<int> ids, CancellationToken cancellation = default)
    {
        if (ids.IsEmpty) throw new ArgumentException("no tokens", nameof(ids));
        sequence.Append(ids);
        try
        {
            while (sequence.Waiting > 0) decoder.Step(cancellation);
        }
        finally
        {
            if (sequence.Waiting > 0) sequence.Truncate(sequence.Computed);
        }
        return sequence.Logits;
    }

    /// <summary>Appends one token.</summary>
    /// <inheritdoc cref="Next(ReadOnlySpan{int}, CancellationToken)"/>
    public ReadOnlySpan<float> Next(int id) => Next([id]);

    /// <summary>Frees the memory; not the model's.</summary>
    public void Dispose() => decoder.Dispose();
}
