using System.Threading.Channels;

namespace Moesaic.Inference;

/// <summary>
/// The answer to a <see cref="GenerationRequest"/>, to be read once, piece by piece, while it comes or later. Who writes never waits for who
/// reads: what was not read yet is joined into one piece for each text. Leaving the enumeration early cancels the request.
/// </summary>
public sealed class GenerationStream : IAsyncEnumerable<GenerationPiece>
{
    // A token says that there is something to read.
    readonly Channel<bool> signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true, SingleWriter = true });
    readonly Lock gate = new();
    readonly PieceBuffer[] texts;
    volatile bool abandoned;
    int readers;

    internal GenerationStream(int texts) => this.texts = [.. Enumerable.Range(0, texts).Select(i => new PieceBuffer(i))];

    internal bool IsAbandoned => abandoned;

    /// <summary>Reads.</summary>
    /// <param name="cancellationToken">Ends the reading and the request.</param>
    /// <returns>Pieces in the order of their coming; every text ends with one that has a <see cref="GenerationPiece.FinishReason"/>.</returns>
    /// <exception cref="InvalidOperationException">It was read before.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled, or the queue disposed.</exception>
    /// <exception cref="TimeoutException">The deadline is over.</exception>
    /// <exception cref="Formats.MoesaicException">The model computed no usable logits, or the options forbid every token.</exception>
    public async IAsyncEnumerator<GenerationPiece> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Increment(ref readers) > 1) throw new InvalidOperationException("a stream of pieces can be read once");
        try
        {
            // Completed with a failure, the channel throws it after what was posted before.
            while (await signal.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                signal.Reader.TryRead(out _);
                for (var i = 0; i < texts.Length; i++)
                    if (Take(i) is { } piece) yield return piece;
            }
        }
        finally
        {
            abandoned = true;
        }
    }

    /// <summary>Reads to the end.</summary>
    /// <param name="cancellation">Ends the reading and the request.</param>
    /// <returns>One piece for each text, whole, in their order.</returns>
    /// <inheritdoc cref="GetAsyncEnumerator" path="/exception"/>
    public async Task<IReadOnlyList<GenerationPiece>> ToEndAsync(CancellationToken cancellation = default)
    {
        var whole = texts.Select((_, i) => new PieceBuffer(i)).ToList();
        await foreach (var piece in this.WithCancellation(cancellation).ConfigureAwait(false)) whole[piece.Index].Add(piece);
        return [.. whole.Select(text => text.Take()!)];
    }

    internal void Post(GenerationPiece piece)
    {
        lock (gate) texts[piece.Index].Add(piece);
        signal.Writer.TryWrite(true);
    }

    internal void Complete(Exception? failure) => signal.Writer.TryComplete(failure);

    GenerationPiece? Take(int text)
    {
        lock (gate) return texts[text].Take();
    }
}
