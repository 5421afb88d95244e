using Microsoft.AspNetCore.Http;
using Moesaic.Extensions.AI;
using Moesaic.Server.Answers;
using Moesaic.Server.Errors;
using Moesaic.Server.Protocol;
using Moesaic.Server.Requests;

namespace Moesaic.Server.Endpoints;

/// <summary>Tokens of a text or a conversation.</summary>
sealed class TokenizeEndpoint(ServerParts parts) : IEndpoint
{
    public string Method => HttpMethods.Post;

    public string Path => "/tokenize";

    public string About => "tokens of a text or a conversation";

    public async Task AnswerAsync(HttpContext context)
    {
        var model = parts.Model.Require();
        var request = await RequestBody.ReadAsync(context, ServerJson.Wire.TokenizeRequest);
        Fields.Model(request.Model, model.Name);
        var ids = Encode(request, model);
        await JsonAnswer.WriteAsync(context, new TokenizeResponse(ids.Length, model.Context, ids)
        {
            TokenStrs = request.ReturnTokenStrs is true ? [.. ids.Select(id => TokenText.Of(id, model.Tokenizer))] : null,
        }, ServerJson.Wire.TokenizeResponse);
    }

    static int[] Encode(TokenizeRequest request, MoesaicModel model)
    {
        if (request.Messages is not null)
        {
            if (request.Prompt is not null || request.AddSpecialTokens is not null || request.ParseSpecialTokens is not null)
                throw ApiException.Field("messages", "goes without prompt, add_special_tokens and parse_special_tokens: the template writes special tokens.");
            return Conversation.Encode(model, request.Messages, Conversation.Tools(request.Tools, null, null), request.ChatTemplateKwargs, request.AddGenerationPrompt ?? true);
        }
        if (request.Tools is not null || request.AddGenerationPrompt is not null || request.ChatTemplateKwargs is not null)
            throw ApiException.Field("prompt", "tools, add_generation_prompt and chat_template_kwargs go with messages.");
        // Unlike the prompts of completions: whoever asks for tokens wants to see those, and nothing follows from it.
        return model.Tokenizer.Encode(Fields.Required("prompt", request.Prompt), request.AddSpecialTokens ?? true, request.ParseSpecialTokens ?? true);
    }
}
