using Microsoft.AspNetCore.Http;
using Moesaic.Server.Telemetry;

namespace Moesaic.Server.Endpoints;

/// <summary>What is measured, for Prometheus.</summary>
sealed class MetricsEndpoint(PrometheusText metrics) : IEndpoint
{
    public string Method => HttpMethods.Get;

    public string Path => "/metrics";

    public string About => "measurements for Prometheus";

    public Task AnswerAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        return context.Response.WriteAsync(metrics.Write(), context.RequestAborted);
    }
}
