using System.Net;
using Microsoft.AspNetCore.Http;
using Moesaic.Formats;
using Moesaic.Inference;

namespace Moesaic.Server.Errors;

/// <summary>From what went wrong to what the client is told.</summary>
static class Refusal
{
    /// <summary>What the client is told; null for a defect, of which it is told nothing.</summary>
    public static ApiException? Of(Exception failure) => failure switch
    {
        ApiException e => e,
        ContextExceededException e => new(HttpStatusCode.BadRequest, e.Message, null, "context_length_exceeded", e),
        BadRequestException e => new(HttpStatusCode.BadRequest, e.Message, null, null, e),
        QueueFullException e => new(HttpStatusCode.TooManyRequests, e.Message, null, "rate_limit_exceeded", e) { RetryAfter = e.RetryAfter },
        QueueClosedException { InnerException: null } e => new(HttpStatusCode.ServiceUnavailable, "The server is shutting down.", null, "shutting_down", e),
        QueueClosedException e => new(HttpStatusCode.ServiceUnavailable, "A defect has stopped the server's engine; it has to be started again.", null, "failed", e),
        TimeoutException e => new(HttpStatusCode.ServiceUnavailable, e.Message, null, "deadline_exceeded", e),
        OperationCanceledException e => new(HttpStatusCode.ServiceUnavailable, "The server is shutting down; the answer was cut off.", null, "shutting_down", e),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } e => new(
            HttpStatusCode.RequestEntityTooLarge, "The body is longer than this server takes; --max-body sets the limit.", null, "body_too_large", e),
        BadHttpRequestException e => new((HttpStatusCode)e.StatusCode, e.Message, null, null, e),
        BadModelException e => new(HttpStatusCode.InternalServerError, e.Message, null, "model_failed", e),
        _ => null,
    };
}
