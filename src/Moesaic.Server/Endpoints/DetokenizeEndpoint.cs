using Microsoft.AspNetCore.Http;
using Moesaic.Server.Protocol;
using Moesaic.Server.Requests;

namespace Moesaic.Server.Endpoints;

/// <summary>Text of tokens.</summary>
sealed class DetokenizeEndpoint(ServerParts parts) : IEndpoint
{
    public string Method => HttpMethods.Post;

    public string Path => "/detokenize";

    public string About => "text of tokens";

    public async Task AnswerAsync(HttpContext context)
    {
        var model = parts.Model.Require();
        var request = await RequestBody.ReadAsync(context, ServerJson.Wire.DetokenizeRequest);
        Fields.Model(request.Model, model.Name);
        var ids = PromptIds.Check("tokens", [.. Fields.Required("tokens", request.Tokens)], model);
        await JsonAnswer.WriteAsync(context, new DetokenizeResponse(model.Tokenizer.Decode(ids, skipSpecial: false)), ServerJson.Wire.DetokenizeResponse);
    }
}
