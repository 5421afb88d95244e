using Microsoft.AspNetCore.Http;
using Moesaic.Server.Protocol;
using Moesaic.Server.Requests;

namespace Moesaic.Server.Endpoints;

/// <summary>The model by its name.</summary>
sealed class ModelEndpoint(ServerParts parts) : IEndpoint
{
    public string Method => HttpMethods.Get;

    // A model's name may have slashes, as on the Hugging Face Hub.
    public string Path => "/v1/models/{**name}";

    public string About => "the model by its name";

    public Task AnswerAsync(HttpContext context)
    {
        var entry = ModelsEndpoint.Entry(parts);
        Fields.Model((string?)context.Request.RouteValues["name"], entry.Id);
        return JsonAnswer.WriteAsync(context, entry, ServerJson.Wire.ModelEntry);
    }
}
