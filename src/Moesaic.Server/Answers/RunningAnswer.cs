using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Moesaic.Extensions.AI;
using Moesaic.Inference;

namespace Moesaic.Server.Answers;

/// <summary>The texts of one HTTP request, which may be several requests to the queue: all are asked for or none, and all end with it.</summary>
sealed class RunningAnswer : IDisposable
{
    readonly CancellationTokenSource ending;
    readonly CancellationToken end;
    readonly List<GenerationStream> streams = [];

    /// <summary>Asks.</summary>
    /// <param name="model">The model.</param>
    /// <param name="requests">One for each prompt.</param>
    /// <param name="cancellation">The client's leaving.</param>
    public RunningAnswer(MoesaicModel model, IReadOnlyList<GenerationRequest> requests, CancellationToken cancellation)
    {
        Texts = requests.Sum(r => r.Count);
        ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        end = ending.Token;
        try
        {
            foreach (var request in requests) streams.Add(model.Queue.Generate(request, end));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>How many texts there are.</summary>
    public int Texts { get; }

    /// <summary>Everything at its end: for each prompt its texts.</summary>
    public async Task<IReadOnlyList<IReadOnlyList<GenerationPiece>>> ToEndAsync() =>
        await Task.WhenAll(streams.Select(ToEndAsync));

    /// <summary>Pieces as they come, with the number of the prompt.</summary>
    public async IAsyncEnumerable<(int Prompt, GenerationPiece Piece)> PiecesAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        if (streams is [var only])
        {
            await foreach (var piece in only.WithCancellation(cancellation)) yield return (0, piece);
            yield break;
        }
        // Whoever waits for room here leaves what comes meanwhile to the streams, which join it.
        var pieces = Channel.CreateBounded<(int, GenerationPiece)>(streams.Count);
        var copied = CopyAsync(pieces.Writer);
        await foreach (var piece in pieces.Reader.ReadAllAsync(cancellation)) yield return piece;
        await copied;
    }

    async Task<IReadOnlyList<GenerationPiece>> ToEndAsync(GenerationStream stream)
    {
        try
        {
            return await stream.ToEndAsync(end);
        }
        catch
        {
            // The others would go on for an answer that has failed.
            await ending.CancelAsync();
            throw;
        }
    }

    async Task CopyAsync(ChannelWriter<(int, GenerationPiece)> pieces)
    {
        try
        {
            await Task.WhenAll(streams.Select((stream, i) => CopyAsync(i, stream, pieces)));
            pieces.Complete();
        }
        catch (Exception e)
        {
            pieces.TryComplete(e);
        }
    }

    async Task CopyAsync(int prompt, GenerationStream stream, ChannelWriter<(int, GenerationPiece)> pieces)
    {
        try
        {
            await foreach (var piece in stream.WithCancellation(end)) await pieces.WriteAsync((prompt, piece), end);
        }
        catch
        {
            await ending.CancelAsync();
            throw;
        }
    }

    /// <summary>Ends what has not ended.</summary>
    public void Dispose()
    {
        ending.Cancel();
        ending.Dispose();
    }
}
