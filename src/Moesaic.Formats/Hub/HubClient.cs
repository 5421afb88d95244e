using System.Net;
using System.Net.Http.Headers;

namespace Moesaic.Formats;

/// <summary>
/// Requests to a hub: follows redirects itself, so that the token stays with the endpoint; turns every refusal into words.
/// </summary>
sealed class HubClient : IDisposable
{
    const int MostRedirects = 10, MostListingBytes = 64 << 20;

    readonly HubOptions options;
    readonly HttpClient http;

    public HubClient(HubOptions options)
    {
        options.Check();
        this.options = options;
        http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = options.Silence })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("moesaic", typeof(HubClient).Assembly.GetName().Version!.ToString(3)));
    }

    /// <summary>The address of a path below the endpoint; the parts are escaped, '/' within them too.</summary>
    public Uri Address(params IEnumerable<string> parts) =>
        new($"{options.Endpoint.AbsoluteUri.TrimEnd('/')}/{string.Join('/', parts.Select(Uri.EscapeDataString))}");

    /// <summary>Fetches a small text.</summary>
    /// <exception cref="PassingFailureException">Worth another attempt.</exception>
    /// <exception cref="MoesaicException">Refused.</exception>
    public async Task<byte[]> GetBytes(Uri address, CancellationToken cancellation)
    {
        using var response = await Get(address, _ => { }, cancellation).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.OK) throw Refusal(response, address);
        using var content = new MemoryStream();
        await foreach (var piece in Read(response, cancellation).ConfigureAwait(false))
        {
            content.Write(piece.Span);
            if (content.Length > MostListingBytes) throw new BadModelException($"{address} answers more than {MostListingBytes >> 20} MiB; that is no listing.");
        }
        return content.ToArray();
    }

    /// <summary>Sends a request and returns once the headers of the final answer are there.</summary>
    /// <param name="address">On the endpoint.</param>
    /// <param name="prepare">Adds headers.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task<HttpResponseMessage> Get(Uri address, Action<HttpRequestHeaders> prepare, CancellationToken cancellation)
    {
        var at = address;
        for (var redirects = 0; redirects <= MostRedirects; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, at);
            prepare(request.Headers);
            // Bytes are counted and resumed as they are stored.
            request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
            if (options.Token is not null && IsEndpoint(at)) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.Token);
            var response = await Guard(at, stop => http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop), cancellation).ConfigureAwait(false);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308)) return response;
            using (response) at = Target(at, response.Headers.Location);
        }
        throw new BadModelException($"{address} is redirected more than {MostRedirects} times.");
    }

    /// <summary>The content, piece by piece; a piece is valid until the next.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> Read(
        HttpResponseMessage response, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var address = response.RequestMessage!.RequestUri!;
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        var buffer = new byte[1 << 17];
        while (true)
        {
            var count = await Guard(address, stop => stream.ReadAsync(buffer, stop).AsTask(), cancellation).ConfigureAwait(false);
            if (count == 0) yield break;
            yield return buffer.AsMemory(0, count);
        }
    }

    /// <summary>Whether the token may be sent there.</summary>
    bool IsEndpoint(Uri address) => Uri.Compare(
        address, options.Endpoint, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;

    static Uri Target(Uri from, Uri? location)
    {
        var target = location is null ? null : new Uri(from, location);
        if (target is null || target.Scheme is not ("https" or "http"))
            throw new BadModelException($"{Shown(from)} is redirected to no address ({location?.OriginalString ?? "none is given"}).");
        if (from.Scheme == "https" && target.Scheme == "http")
            throw new BadModelException($"{Shown(from)} is redirected to {Shown(target)}, which is not encrypted; it is not followed.");
        return target;
    }

    /// <summary>Turns broken and silent connections into <see cref="PassingFailureException"/>.</summary>
    async Task<T> Guard<T>(Uri address, Func<CancellationToken, Task<T>> action, CancellationToken cancellation)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(options.Silence);
        try
        {
            return await action(silence.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new PassingFailureException($"{address.Host} was silent for {options.Silence.TotalSeconds} s.", inner: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new PassingFailureException($"The connection to {address.Host} failed: {e.Message}", inner: e);
        }
    }

    /// <summary>What an answer other than success means to the person who asked.</summary>
    public Exception Refusal(HttpResponseMessage response, Uri address)
    {
        var (code, shown) = ((int)response.StatusCode, Shown(address));
        var token = options.Token is null
            ? "No token was sent: put one that may read it into HF_TOKEN, or name its variable with --token-env."
            : "The token that was sent may not read it.";
        return code switch
        {
            401 => new BadRequestException($"{shown}: access is refused (401). Perhaps the name is wrong, or it is private. {token}"),
            403 => new BadRequestException($"{shown}: access is forbidden (403). Perhaps its conditions must be accepted on its page first. {token}"),
            404 => new BadRequestException($"{shown} does not exist (404): check owner, name and revision."),
            408 or 425 or 429 or >= 500 => Busy(response, code),
            _ => new BadModelException($"{shown}: the server answers {code} {response.ReasonPhrase}, which is no answer to this request."),
        };
    }

    Exception Busy(HttpResponseMessage response, int code)
    {
        var after = response.Headers.RetryAfter;
        var wait = after?.Delta ?? (after?.Date is { } date ? date - options.Time.GetUtcNow() : null);
        if (wait < TimeSpan.Zero) wait = TimeSpan.Zero;
        var host = response.RequestMessage!.RequestUri!.Host;
        return wait > options.LongestDelay
            ? new BadModelException($"{host} answers {code} and asks to wait {wait.Value.TotalMinutes:F0} minutes; start the same command again then.")
            : new PassingFailureException($"{host} answers {code} {response.ReasonPhrase}.", wait);
    }

    /// <summary>Without the query: signed addresses are secrets, too.</summary>
    static string Shown(Uri address) => address.GetLeftPart(UriPartial.Path);

    public void Dispose() => http.Dispose();
}
