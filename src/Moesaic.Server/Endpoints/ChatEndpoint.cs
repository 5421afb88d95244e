using Microsoft.AspNetCore.Http;
using Moesaic.Server.Answers;
using Moesaic.Server.Protocol;
using Moesaic.Server.Requests;
using Moesaic.Server.Security;

namespace Moesaic.Server.Endpoints;

/// <summary>Answers conversations.</summary>
sealed class ChatEndpoint(ServerParts parts) : IEndpoint
{
    public string Method => HttpMethods.Post;

    public string Path => "/v1/chat/completions";

    public string About => "answer conversations";

    public async Task AnswerAsync(HttpContext context)
    {
        var model = parts.Model.Require();
        using var measure = parts.Metrics.Start("chat", model.Name);
        try
        {
            var request = await RequestBody.ReadAsync(context, ServerJson.Wire.ChatRequest);
            var plan = ChatPlan.Of(request, model, parts.Options, Caller.Of(context));
            using var running = new RunningAnswer(model, [plan.Request], context.RequestAborted);
            var writer = new ChatWriter(plan, model, AnswerHead.New("chatcmpl", model, parts.Options.Time));
            if (plan.Streams) await StreamedAnswer.SendAsync(context, parts, running, writer, measure);
            else await JsonAnswer.WriteAsync(context, writer.Whole((await running.ToEndAsync())[0], measure), ServerJson.Wire.ChatResponse);
            measure.End(writer.Usage.PromptTokens, writer.Usage.CompletionTokens);
        }
        catch (Exception e)
        {
            measure.Fail(e, context.RequestAborted.IsCancellationRequested);
            throw;
        }
    }
}
