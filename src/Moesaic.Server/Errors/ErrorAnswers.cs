using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;
using Moesaic.Server.Protocol;

namespace Moesaic.Server.Errors;

/// <summary>Turns every failure of a request into an answer of the protocol.</summary>
/// <param name="report">Is told of defects.</param>
sealed class ErrorAnswers(Action<string> report)
{
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there any more.
            return;
        }
        catch (Exception e)
        {
            // The client would take what it has for the whole answer.
            if (context.Response.HasStarted) context.Abort();
            else await WriteAsync(context, Explain(e, context));
            return;
        }
        if (context.Response is { HasStarted: false, ContentLength: null, StatusCode: StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed })
            await WriteAsync(context, Unknown(context));
    }

    /// <summary>What the client is told of a failure; a defect is reported.</summary>
    public ApiException Explain(Exception failure, HttpContext context)
    {
        if (Refusal.Of(failure) is { } known) return known;
        report($"{context.Request.Method} {context.Request.Path}, request {context.TraceIdentifier}: {failure}");
        return new ApiException(HttpStatusCode.InternalServerError,
            $"A defect of the server; its log has the details under the number {context.TraceIdentifier}.", null, "internal_error", failure);
    }

    public static ErrorResponse Body(ApiException refusal) => new(new ErrorDetails
    {
        Message = refusal.Message, Type = refusal.Type, Param = refusal.Parameter, Code = refusal.Code,
    });

    static Task WriteAsync(HttpContext context, ApiException refusal)
    {
        context.Response.StatusCode = (int)refusal.Status;
        if (refusal.RetryAfter is { } wait)
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return JsonAnswer.WriteAsync(context, Body(refusal), ServerJson.Wire.ErrorResponse);
    }

    static ApiException Unknown(HttpContext context) => context.Response.StatusCode == StatusCodes.Status404NotFound
        ? new(HttpStatusCode.NotFound, $"There is nothing at {context.Request.Path}; docs/server.md lists what there is.", null, "unknown_url")
        : new(HttpStatusCode.MethodNotAllowed, $"{context.Request.Path} knows {context.Response.Headers.Allow}, not {context.Request.Method}.", null, "method_not_allowed");
}
