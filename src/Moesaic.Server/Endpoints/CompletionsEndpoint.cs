using Microsoft.AspNetCore.Http;
using Moesaic.Server.Answers;
using Moesaic.Server.Protocol;
using Moesaic.Server.Requests;
using Moesaic.Server.Security;

namespace Moesaic.Server.Endpoints;

/// <summary>Continues texts.</summary>
sealed class CompletionsEndpoint(ServerParts parts) : IEndpoint
{
    public string Method => HttpMethods.Post;

    public string Path => "/v1/completions";

    public string About => "continue texts";

    public async Task AnswerAsync(HttpContext context)
    {
        var model = parts.Model.Require();
        using var measure = parts.Metrics.Start("text_completion", model.Name);
        try
        {
            var request = await RequestBody.ReadAsync(context, ServerJson.Wire.CompletionRequest);
            var plan = CompletionPlan.Of(request, model, parts.Options, Caller.Of(context));
            using var running = new RunningAnswer(model, plan.Requests, context.RequestAborted);
            var writer = new CompletionWriter(plan, model, AnswerHead.New("cmpl", model, parts.Options.Time));
            if (plan.Streams) await StreamedAnswer.SendAsync(context, parts, running, writer, measure);
            else await JsonAnswer.WriteAsync(context, writer.Whole(await running.ToEndAsync(), measure), ServerJson.Wire.CompletionResponse);
            measure.End(writer.Usage.PromptTokens, writer.Usage.CompletionTokens);
        }
        catch (Exception e)
        {
            measure.Fail(e, context.RequestAborted.IsCancellationRequested);
            throw;
        }
    }
}
