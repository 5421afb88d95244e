using Microsoft.AspNetCore.Http;
using Moesaic.Server.Protocol;
using Moesaic.Server.Telemetry;

namespace Moesaic.Server.Endpoints;

/// <summary>Which experts worked since the start, and what the server is doing.</summary>
sealed class ExpertsEndpoint(ServerParts parts) : IEndpoint
{
    readonly TokenRate rate = new(parts.Options.Time);

    public string Method => HttpMethods.Get;

    public string Path => "/moesaic/experts";

    public string About => "load of the experts, and what the server is doing";

    public Task AnswerAsync(HttpContext context)
    {
        var queue = parts.Model.Require().Queue;
        var status = queue.Status;
        return JsonAnswer.WriteAsync(context, new ExpertsReport(
            [.. queue.ExpertLoad.Select(l => new LayerLoad(l.Layer, l.Tokens, l.Slots, Math.Round(Balance.Jain(l.Slots), 6)))],
            new ServerStatus
            {
                Waiting = status.Waiting, Running = status.Running, TokensPerSecond = Math.Round(rate.Of(status.GeneratedTokens), 3), Steps = status.Steps,
                ComputedTokens = status.ComputedTokens, GeneratedTokens = status.GeneratedTokens, CachedTokens = status.CachedTokens, Ended = status.Ended,
                Cache = new CacheStatus(status.Cache.Pages, status.Cache.Used, status.Cache.Kept, status.Cache.Reserved, status.Cache.PageTokens),
            }), ServerJson.Wire.ExpertsReport);
    }
}
