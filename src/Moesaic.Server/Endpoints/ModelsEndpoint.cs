using Microsoft.AspNetCore.Http;
using Moesaic.Server.Protocol;

namespace Moesaic.Server.Endpoints;

/// <summary>Lists the model.</summary>
sealed class ModelsEndpoint(ServerParts parts) : IEndpoint
{
    public string Method => HttpMethods.Get;

    public string Path => "/v1/models";

    public string About => "the model";

    public Task AnswerAsync(HttpContext context) =>
        JsonAnswer.WriteAsync(context, new ModelList([Entry(parts)]), ServerJson.Wire.ModelList);

    public static ModelEntry Entry(ServerParts parts)
    {
        var model = parts.Model.Require();
        return new ModelEntry(model.Name, parts.Started.ToUnixTimeSeconds(), model.Context);
    }
}
