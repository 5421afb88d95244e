using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Moesaic.Server.Security;
using Moesaic.Server.Telemetry;

namespace Moesaic.Server.Endpoints;

/// <summary>What the server offers.</summary>
static class AllEndpoints
{
    public static IReadOnlyList<IEndpoint> Of(ServerParts parts, PrometheusText metrics) =>
    [
        new ChatEndpoint(parts), new CompletionsEndpoint(parts), new EmbeddingsEndpoint(parts), new ModelsEndpoint(parts), new ModelEndpoint(parts),
        new TokenizeEndpoint(parts), new DetokenizeEndpoint(parts), new TokenizerInfoEndpoint(parts),
        new HealthEndpoint(parts), new ReadyEndpoint(parts), new MetricsEndpoint(metrics),
        new ModelDetailsEndpoint(parts), new ExpertsEndpoint(parts), new PolicyEndpoint(parts), new PolicyChangeEndpoint(parts),
    ];

    public static void MapTo(IEndpointRouteBuilder routes, IEnumerable<IEndpoint> endpoints)
    {
        foreach (var endpoint in endpoints)
        {
            var mapped = routes.MapMethods(endpoint.Path, [endpoint.Method], endpoint.AnswerAsync);
            if (endpoint.IsOpen) mapped.WithMetadata(OpenToAll.Mark);
        }
    }
}
