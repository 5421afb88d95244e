using System.Net;
using Microsoft.AspNetCore.Http;
using Moesaic.Server.Errors;

namespace Moesaic.Server.Security;

/// <summary>What every request passes before anything else is done: names, origin, key, room.</summary>
sealed class Gate(ServerOptions options)
{
    readonly HostCheck hosts = new(options);
    readonly OriginCheck origins = new(options);
    readonly KeyCheck keys = new(options);
    int inside;

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        SecurityHeaders.AddTo(context.Response);
        hosts.Check(context);
        if (origins.Check(context)) return;
        var isOpen = context.GetEndpoint()?.Metadata.GetMetadata<OpenToAll>() is not null;
        if (!isOpen) Caller.Set(context, new Caller(keys.Check(context), options.Keys.Count > 0, context.Connection.Id));
        if (isOpen)
        {
            await next(context);
            return;
        }
        try
        {
            if (Interlocked.Increment(ref inside) > options.MaxRequests)
                throw new ApiException(HttpStatusCode.TooManyRequests, $"{options.MaxRequests} requests are answered already, which is as many as may.", null, "rate_limit_exceeded")
                {
                    RetryAfter = TimeSpan.FromSeconds(1),
                };
            await next(context);
        }
        finally
        {
            Interlocked.Decrement(ref inside);
        }
    }
}

/// <summary>Marks what anyone who reaches the server may have: whether it runs, and the page, which then asks for the key.</summary>
sealed class OpenToAll
{
    public static OpenToAll Mark { get; } = new();
}
