using Microsoft.AspNetCore.Http;
using Moesaic.Inference;
using Moesaic.Server.Errors;
using Moesaic.Server.Protocol;
using Moesaic.Server.Telemetry;

namespace Moesaic.Server.Answers;

/// <summary>Sends an answer as it comes. A stream that ends with [DONE] is whole; one that fails ends with an error and without it.</summary>
static class StreamedAnswer
{
    /// <summary>
    /// What comes of a text within so short a time goes in one event: nobody sees the difference, and eight streams of a fast model are a fifth
    /// faster for it. The first token goes at once.
    /// </summary>
    static readonly TimeSpan Together = TimeSpan.FromMilliseconds(10);

    public static async Task SendAsync(HttpContext context, ServerParts parts, RunningAnswer running, IPieceWriter writer, RequestMeasure measure)
    {
        var events = new EventStream(context);
        try
        {
            await SendAsync(events, parts.Options, running, writer, measure, context.RequestAborted);
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
        EventStream events, ServerOptions options, RunningAnswer running, IPieceWriter writer, RequestMeasure measure, CancellationToken cancellation)
    {
        await using var reader = running.PiecesAsync(cancellation).GetAsyncEnumerator(cancellation);
        var (open, sent, since) = (running.Texts, 0, options.Time.GetTimestamp());
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
            var (prompt, piece) = reader.Current;
            if (piece.Tokens.Count > 0) measure.Token();
            await writer.SendAsync(events, prompt, piece);
            if (piece.FinishReason is not null) open--;
            // About a piece of each text has gone.
            if (++sent < open) continue;
            var rest = Together - options.Time.GetElapsedTime(since);
            if (open > 0 && rest > TimeSpan.Zero) await Task.Delay(rest, options.Time, cancellation);
            (sent, since) = (0, options.Time.GetTimestamp());
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
