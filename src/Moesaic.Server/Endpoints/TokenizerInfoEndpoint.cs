using Microsoft.AspNetCore.Http;
using Moesaic.Server.Answers;
using Moesaic.Server.Protocol;

namespace Moesaic.Server.Endpoints;

/// <summary>What clients that encode by themselves want to know.</summary>
sealed class TokenizerInfoEndpoint(ServerParts parts) : IEndpoint
{
    public string Method => HttpMethods.Get;

    public string Path => "/tokenizer_info";

    public string About => "special tokens and chat template";

    public Task AnswerAsync(HttpContext context)
    {
        var model = parts.Model.Require();
        var tokenizer = model.Tokenizer;
        return JsonAnswer.WriteAsync(context, new TokenizerInfo
        {
            VocabSize = tokenizer.VocabularySize, ModelMaxLength = model.Context,
            BosToken = Name(tokenizer.BosId), EosToken = Name(tokenizer.EosId ?? model.EndOfTextIds.Order().Select(id => (int?)id).FirstOrDefault()),
            PadToken = Name(tokenizer.PadId), ChatTemplate = model.Template?.Text,
        }, ServerJson.Wire.TokenizerInfo);

        string? Name(int? id) => id is { } token ? TokenText.Of(token, tokenizer) : null;
    }
}
