using Moesaic.Extensions.AI;
using Moesaic.Inference;
using Moesaic.Server.Protocol;
using Moesaic.Server.Requests;
using Moesaic.Text;

namespace Moesaic.Server.Answers;

/// <summary>One message on its way to the client: text, and calls of functions in it.</summary>
sealed class ChatText
{
    readonly int index;
    readonly ITokenizer tokenizer;
    readonly bool isLikely;
    readonly ToolCallParser? calls;
    int called;
    bool begun;

    /// <param name="index">Its number among the choices.</param>
    /// <param name="plan">What was asked for.</param>
    /// <param name="model">The model.</param>
    public ChatText(int index, ChatPlan plan, MoesaicModel model)
    {
        (this.index, tokenizer, isLikely) = (index, model.Tokenizer, plan.LogProbabilities);
        calls = plan.Tools is { } tools ? model.ToolCalls.Parser(tools) : null;
        Routed = plan.Request.WantsRouting ? new RoutedTokens(tokenizer, plan.Request.Prompt.Span) : null;
    }

    public RoutedTokens? Routed { get; }

    /// <summary>The whole message.</summary>
    /// <param name="piece">All of the text.</param>
    public ChatChoice Whole(GenerationPiece piece)
    {
        var (text, made) = Read(piece);
        return Choice(piece) with
        {
            Message = new AnsweredMessage { Content = text.Length == 0 && made is not null ? null : text, ToolCalls = made?.Select(c => c with { Index = null }).ToList() },
        };
    }

    /// <summary>What a piece adds to the message; null when that is nothing yet.</summary>
    public ChatChoice? Next(GenerationPiece piece)
    {
        var (text, made) = Read(piece);
        var choice = Choice(piece);
        if (text.Length == 0 && made is null && choice is { FinishReason: null, Logprobs: null or { Content.Count: 0 }, Moesaic: null or { Tokens.Count: 0 } }) return null;
        var role = begun ? null : "assistant";
        begun = true;
        return choice with { Delta = new MessageDelta { Role = role, Content = text.Length > 0 || (role is not null && made is null) ? text : null, ToolCalls = made } };
    }

    ChatChoice Choice(GenerationPiece piece) => new()
    {
        Index = index, Logprobs = isLikely ? ChatTokens.Of(piece.Tokens, tokenizer) : null, Moesaic = Routed?.Add(piece.Tokens),
        FinishReason = called > 0 && piece.FinishReason is not (null or FinishReason.Length) ? "tool_calls" : CompletionText.Reason(piece.FinishReason),
    };

    (string Text, IReadOnlyList<ToolCall>? Calls) Read(GenerationPiece piece)
    {
        if (calls is null) return (piece.Text, null);
        var parts = calls.Push(piece.Text);
        if (piece.FinishReason is not null) parts = [.. parts, .. calls.Finish()];
        var made = parts.Where(p => p.Call is not null).Select(p => Call(p.Call!)).ToList();
        return (string.Concat(parts.Select(p => p.Text)), made.Count > 0 ? made : null);
    }

    ToolCall Call(Text.Chat.ChatToolCall call) => new()
    {
        Index = called++, Id = call.Id, Type = "function", Function = new CalledFunction { Name = call.Name, Arguments = call.Arguments.GetRawText() },
    };
}
