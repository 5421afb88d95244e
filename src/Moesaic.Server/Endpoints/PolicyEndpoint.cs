using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Moesaic.Models;
using Moesaic.Server.Protocol;

namespace Moesaic.Server.Endpoints;

/// <summary>The routing policies in force.</summary>
sealed class PolicyEndpoint(ServerParts parts) : IEndpoint
{
    public string Method => HttpMethods.Get;

    public string Path => "/moesaic/policy";

    public string About => "the routing policies in force";

    public Task AnswerAsync(HttpContext context)
    {
        var model = parts.Model.Require();
        return WriteAsync(context, parts.Policy.Given ?? Written(RoutingPolicyFile.Write(model.Queue.Policies?.ApplyTo(model.Spec) ?? model.Spec)));
    }

    public static Task WriteAsync(HttpContext context, JsonNode? policy) => JsonAnswer.WriteAsync(context, policy, ServerJson.Wire.JsonNode);

    static JsonNode? Written(JsonObject file) => file["layers"]!.AsObject().Count > 0 ? file : null;
}
