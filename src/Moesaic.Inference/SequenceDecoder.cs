using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Inference;

/// <summary>
/// One sequence on its way through a model: the keys and values of its tokens, and the logits of the next one. The
/// layers are those of training. In a steady state <see cref="Next(int)"/> allocates no memory.
/// </summary>
/// <remarks>For one thread; several decoders may share a model, one after the other.</remarks>
public sealed class SequenceDecoder : IDisposable
{
    readonly Model model;
    readonly Workspace workspace = new();
    readonly KeyValueCache cache;
    readonly PassInput input;
    readonly int[] tokens, positions, last = new int[1], one = new int[1];
    readonly AttentionSegment[] segment = new AttentionSegment[1];

    /// <summary>Makes room for a sequence.</summary>
    /// <param name="model">Not changed; must outlive this.</param>
    /// <param name="capacity">Longest sequence, in tokens, 1 or more; memory is taken at once.</param>
    /// <param name="chunk">Most tokens per pass: a longer input runs in several passes. Results do not depend on it. Default 256.</param>
    /// <exception cref="BadRequestException">The capacity exceeds what the model was made for.</exception>
    public SequenceDecoder(Model model, int capacity, int chunk = 256)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(chunk, 1);
        if (capacity > model.Spec.MaxPositions)
            throw new BadRequestException($"A context of {capacity} tokens was asked for; the model was made for {model.Spec.MaxPositions}.");
        this.model = model;
        (Capacity, chunk) = (capacity, Math.Min(chunk, capacity));
        (tokens, positions) = (new int[chunk], new int[chunk]);
        cache = new KeyValueCache(model.Spec, capacity);
        model.EnsurePositions(capacity);
        input = new PassInput { Tokens = tokens, Positions = positions, CacheRows = positions, Segments = segment, Cache = cache };
    }

    /// <summary>Longest sequence, in tokens.</summary>
    public int Capacity { get; }

    /// <summary>Tokens so far.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes of keys and values held.</summary>
    public long CacheBytes => cache.Bytes;

    /// <summary>Forgets all tokens from <paramref name="length"/> on.</summary>
    public void Rewind(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)Length);
        Length = length;
    }

    /// <summary>Appends tokens.</summary>
    /// <param name="ids">One or more token ids.</param>
    /// <param name="cancellation">Stops between passes; the sequence is then as long as the passes that ended.</param>
    /// <returns>V logits of the token that follows; valid until the next call.</returns>
    /// <exception cref="ArgumentException">There is none, they do not fit, or one lies outside the vocabulary.</exception>
    public ReadOnlySpan<float> Next(ReadOnlySpan<int> ids, CancellationToken cancellation = default)
    {
        if (ids.IsEmpty) throw new ArgumentException("no tokens", nameof(ids));
        if (ids.Length > Capacity - Length)
            throw new ArgumentException($"{ids.Length} tokens after {Length} do not fit {Capacity}", nameof(ids));
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(ids.Length, tokens.Length);
            var hidden = Pass(ids[..count]);
            ids = ids[count..];
            if (ids.IsEmpty) return Logits(hidden);
        }
    }

    /// <summary>Appends one token.</summary>
    /// <inheritdoc cref="Next(ReadOnlySpan{int}, CancellationToken)"/>
    public ReadOnlySpan<float> Next(int id)
    {
        one[0] = id;
        return Next(one);
    }

    Tensor Pass(ReadOnlySpan<int> ids)
    {
        ids.CopyTo(tokens);
        for (var i = 0; i < ids.Length; i++) positions[i] = Length + i;
        segment[0] = new AttentionSegment(0, ids.Length, 0, Length + ids.Length);
        input.Tokens = tokens.AsMemory(0, ids.Length);
        // A token's row in the cache is its position.
        input.Positions = input.CacheRows = positions.AsMemory(0, ids.Length);
        workspace.Begin(recording: false);
        var hidden = model.Hidden(workspace, input);
        Length += ids.Length;
        return hidden;
    }

    ReadOnlySpan<float> Logits(Tensor hidden)
    {
        last[0] = hidden.Rows - 1;
        return model.Logits(workspace, workspace.GatherRows(hidden, last)).Span;
    }

    /// <summary>Frees the memory; not the model's.</summary>
    public void Dispose()
    {
        workspace.Dispose();
        cache.Dispose();
    }
}
