using Microsoft.AspNetCore.Http;
using Moesaic.Server.Protocol;

namespace Moesaic.Server.Endpoints;

/// <summary>Whether requests may come.</summary>
sealed class ReadyEndpoint(ServerParts parts) : IEndpoint
{
    public string Method => HttpMethods.Get;

    public string Path => "/ready";

    public string About => "whether requests may come; else 503";

    public bool IsOpen => true;

    public Task AnswerAsync(HttpContext context)
    {
        if (!parts.Model.IsReady) context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        var status = parts.Model.IsClosing ? "closing" : parts.Model.IsReady ? "ready" : "loading";
        return JsonAnswer.WriteAsync(context, new HealthStatus(status), ServerJson.Wire.HealthStatus);
    }
}
