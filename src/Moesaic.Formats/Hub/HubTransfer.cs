using System.Net;
using System.Net.Http.Headers;

namespace Moesaic.Formats;

/// <summary>One file on its way from a hub: asks for what is missing until nothing is, then checks it.</summary>
sealed class HubTransfer(HubClient client, HubRetry retry, HubOptions options, Action<string> note, Uri address, HubFile file, PartFile part)
{
    string? tag;

    /// <param name="progress">Called when something has arrived.</param>
    /// <param name="cancellation">Stops; what has arrived stays.</param>
    public async Task Run(Action progress, CancellationToken cancellation)
    {
        while (!part.IsComplete)
        {
            var before = part.Length;
            await retry.Run(async stop =>
            {
                try
                {
                    await Attempt(progress, stop).ConfigureAwait(false);
                }
                catch (PassingFailureException e) when (part.Length > before && e.Wait is null)
                {
                    // Something was gained: the attempts are counted anew.
                    note(FormattableString.Invariant($"{e.Message} Going on at {part.Length:N0} of {file.Size:N0} bytes of {file.Name}."));
                    await Task.Delay(options.FirstDelay, options.Time, stop).ConfigureAwait(false);
                }
                return part.Length;
            }, cancellation).ConfigureAwait(false);
        }
        part.Check();
    }

    async Task Attempt(Action progress, CancellationToken cancellation)
    {
        using var response = await client.Get(address, headers =>
        {
            if (part.Length == 0) return;
            headers.Range = new RangeHeaderValue(part.Length, null);
            if (tag is not null) headers.IfRange = new RangeConditionHeaderValue(tag);
        }, cancellation).ConfigureAwait(false);
        CheckStart(response);
        tag = StrongTag(response);
        await foreach (var piece in client.Read(response, cancellation).ConfigureAwait(false))
        {
            if (part.Length + piece.Length > file.Size) throw WrongSize("more");
            part.Append(piece.Span);
            progress();
        }
        if (!part.IsComplete) throw new PassingFailureException($"{file.Name} ended early.");
    }

    /// <summary>Makes sure that what follows continues the part.</summary>
    void CheckStart(HttpResponseMessage response)
    {
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                if (response.Content.Headers.ContentLength is { } length && length != file.Size) throw WrongSize(length);
                if (part.Length > 0) note($"{file.Name} is sent from its beginning again.");
                part.Restart();
                break;
            case HttpStatusCode.PartialContent:
                var range = response.Content.Headers.ContentRange;
                if (range?.Length is { } total && total != file.Size) throw WrongSize(total);
                if (range?.From == part.Length && (tag is null || StrongTag(response) is not { } now || now == tag)) break;
                part.Restart();
                throw new PassingFailureException($"{file.Name} changed on the server, or another part of it was sent than asked for.");
            case HttpStatusCode.RequestedRangeNotSatisfiable:
                part.Restart();
                throw new PassingFailureException($"The server has no bytes of {file.Name} where they should go on.");
            default:
                throw client.Refusal(response, address);
        }
    }

    BadModelException WrongSize(object sent)
    {
        part.Restart();
        return new BadModelException(string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"{file.Name}: {file.Size:N0} bytes were announced, {sent:N0} are sent; nothing of it is kept."));
    }

    static string? StrongTag(HttpResponseMessage response) => response.Headers.ETag is { IsWeak: false } tag ? tag.Tag : null;
}
