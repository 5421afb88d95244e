using Microsoft.AspNetCore.Http;
using Moesaic.Inference;
using Moesaic.Server.Errors;
using Moesaic.Server.Protocol;
using Moesaic.Server.Telemetry;

namespace Moesaic.Server.Answers;

/// <summary>Sends an answer as it comes. A stream that ends with [DONE] is whole; one that fails ends with an error and without it.</summary>
static class StreamedAnswer
{
    public static async Task SendAsync(HttpContext context, ServerParts parts, RunningAnswer running, IPieceWriter writer, RequestMeasure measure)
    {
        var events = new EventStream(context);
        try
        {
            await SendAsync(events, parts.Options, running.PiecesAsync(context.RequestAborted), writer, measure);
            await writer.SendEndAsync(events);
            await events.SendEndAsync();
        }
        // Before that it has a status of its own.
        catch (Exception e) when (context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            measure.Fail(e, abandoned: false);
            await events.SendAsync(ErrorAnswers.Body(parts.Errors.Explain(e, context)), ServerJson.Wire.ErrorResponse);
        }
    }

    static async Task SendAsync(
        EventStream events, ServerOptions options, IAsyncEnumerable<(int Prompt, GenerationPiece Piece)> pieces, IPieceWriter writer, RequestMeasure measure)
    {
        await using var reader = pieces.GetAsyncEnumerator();
        while (true)
        {
            var next = reader.MoveNextAsync().AsTask();
            while (!await IsThereAsync(next, options))
            {
                try
                {
                    await events.SendCommentAsync();
                }
                catch
                {
                    // A reader that waits cannot be disposed; it ends with the client.
                    await next.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    throw;
                }
            }
            if (!await next) return;
            if (reader.Current.Piece.Tokens.Count > 0) measure.Token();
            await writer.SendAsync(events, reader.Current.Prompt, reader.Current.Piece);
        }
    }

    static async Task<bool> IsThereAsync(Task next, ServerOptions options)
    {
        try
        {
            await next.WaitAsync(options.KeepAlive, options.Time).ConfigureAwait(ConfigureAwaitOptions.None);
            return true;
        }
        catch (Exception) when (next.IsCompleted)
        {
            // What it is shows where it is taken.
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
