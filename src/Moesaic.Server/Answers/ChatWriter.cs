using Moesaic.Extensions.AI;
using Moesaic.Inference;
using Moesaic.Server.Protocol;
using Moesaic.Server.Requests;
using Moesaic.Server.Telemetry;

namespace Moesaic.Server.Answers;

/// <summary>Writes texts in the form of /v1/chat/completions.</summary>
sealed class ChatWriter(ChatPlan plan, MoesaicModel model, AnswerHead head) : IPieceWriter
{
    readonly ChatText[] texts = [.. Enumerable.Range(0, plan.Request.Count).Select(i => new ChatText(i, plan, model))];

    /// <summary>What was taken so far.</summary>
    public UsageSum Usage { get; } = new();

    /// <summary>A whole answer.</summary>
    /// <param name="pieces">All texts.</param>
    /// <param name="measure">Is told that there are tokens.</param>
    public ChatResponse Whole(IReadOnlyList<GenerationPiece> pieces, RequestMeasure measure)
    {
        foreach (var piece in pieces) Usage.Add(0, piece.Usage!);
        measure.Token();
        return Answer("chat.completion", [.. pieces.Select(piece => texts[piece.Index].Whole(piece))]) with { Usage = Usage.Total, Moesaic = Details() };
    }

    public async Task SendAsync(EventStream events, int prompt, GenerationPiece piece)
    {
        if (piece.Usage is { } usage) Usage.Add(prompt, usage);
        if (texts[piece.Index].Next(piece) is { } choice) await events.SendAsync(Answer("chat.completion.chunk", [choice]), ServerJson.Wire.ChatResponse);
    }

    public async Task SendEndAsync(EventStream events)
    {
        if (!plan.StreamsUsage && !plan.IsExtended) return;
        await events.SendAsync(
            Answer("chat.completion.chunk", []) with { Usage = plan.StreamsUsage ? Usage.Total : null, Moesaic = Details() }, ServerJson.Wire.ChatResponse);
    }

    MoesaicAnswer? Details() => plan.IsExtended ? Usage.Details(texts.Select(t => t.Routed).OfType<RoutedTokens>()) : null;

    ChatResponse Answer(string kind, IReadOnlyList<ChatChoice> choices) => new()
    {
        Id = head.Id, Object = kind, Created = head.Created, Model = head.Model, SystemFingerprint = AnswerHead.Fingerprint, Choices = choices,
    };
}
