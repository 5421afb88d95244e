using Microsoft.AspNetCore.Http;
using Moesaic.Server.Protocol;

namespace Moesaic.Server.Endpoints;

/// <summary>Whether the process does its work.</summary>
sealed class HealthEndpoint(ServerParts parts) : IEndpoint
{
    public string Method => HttpMethods.Get;

    public string Path => "/health";

    public string About => "whether the process works; else 503";

    public bool IsOpen => true;

    public Task AnswerAsync(HttpContext context)
    {
        // A defect ended the thread that computes: only a new process helps.
        var failed = parts.Model.Loaded?.Queue.Failure is not null;
        if (failed) context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return JsonAnswer.WriteAsync(context, new HealthStatus(failed ? "failed" : "alive"), ServerJson.Wire.HealthStatus);
    }
}
