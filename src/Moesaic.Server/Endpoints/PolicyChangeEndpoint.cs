using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Moesaic.Models;
using Moesaic.Server.Errors;
using Moesaic.Server.Requests;

namespace Moesaic.Server.Endpoints;

/// <summary>Changes the routing policies for all that is computed from the next step on.</summary>
sealed class PolicyChangeEndpoint(ServerParts parts) : IEndpoint
{
    public string Method => HttpMethods.Put;

    public string Path => "/moesaic/policy";

    public string About => "change the routing policies";

    public async Task AnswerAsync(HttpContext context)
    {
        var model = parts.Model.Require();
        if (!(parts.Options.PolicyChanges ?? parts.Options.IsLocal))
            throw new ApiException(HttpStatusCode.Forbidden, "Policies may not be changed on this server; --allow-policy-changes allows it.", null, "policy_changes_off");
        var given = await RequestBody.ReadAsync(context);
        parts.Policy.Change(model.Queue, given.ValueKind == JsonValueKind.Null ? null : Policies(given, model.Spec), JsonNode.Parse(given.GetRawText()));
        await PolicyEndpoint.WriteAsync(context, parts.Policy.Given);
    }

    // A policy for all layers may stand alone, without what a file has around it.
    static RoutingPolicies Policies(JsonElement given, ModelSpec spec)
    {
        if (given.ValueKind != JsonValueKind.Object) throw new ApiException(HttpStatusCode.BadRequest, "A policy is an object, or null for the model's own.");
        var file = JsonObject.Create(given)!;
        if (!file.ContainsKey("policy") && !file.ContainsKey("layers")) file = new JsonObject { ["policy"] = file };
        return RoutingPolicyFile.Read(file, "the policy", spec);
    }
}
