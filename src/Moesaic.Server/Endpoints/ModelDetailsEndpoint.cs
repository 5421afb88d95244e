using Microsoft.AspNetCore.Http;
using Moesaic.Models;
using Moesaic.Server.Protocol;

namespace Moesaic.Server.Endpoints;

/// <summary>The shape of the model.</summary>
sealed class ModelDetailsEndpoint(ServerParts parts) : IEndpoint
{
    public string Method => HttpMethods.Get;

    public string Path => "/moesaic/model";

    public string About => "the shape of the model";

    public Task AnswerAsync(HttpContext context)
    {
        var model = parts.Model.Require();
        var spec = model.Spec;
        var counts = ParameterCounts.Of(spec);
        return JsonAnswer.WriteAsync(context, new ModelDetails
        {
            Name = model.Name, Context = model.Context, Vocabulary = spec.VocabularySize, Parameters = counts.Total, ActiveParameters = counts.Active,
            Chat = model.Template is not null, Tasks = spec.Tasks, PolicyChanges = parts.Options.PolicyChanges ?? parts.Options.IsLocal,
            Mixtures = [.. spec.MixtureLayers.Select(l => Of(l, (MixtureSpec)spec.Layers[l].FeedForward))],
        }, ServerJson.Wire.ModelDetails);
    }

    static MixtureDetails Of(int layer, MixtureSpec mixture) => new(layer, mixture.Router.Experts, mixture.Router.Chosen, mixture.SharedWidth > 0);
}
