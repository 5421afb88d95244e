using Microsoft.AspNetCore.Http;
using Moesaic.Server.Protocol;

namespace Moesaic.Server.Endpoints;

/// <summary>Whether the process lives.</summary>
sealed class HealthEndpoint : IEndpoint
{
    public string Method => HttpMethods.Get;

    public string Path => "/health";

    public string About => "whether the process lives";

    public bool IsOpen => true;

    public Task AnswerAsync(HttpContext context) => JsonAnswer.WriteAsync(context, new HealthStatus("alive"), ServerJson.Wire.HealthStatus);
}
