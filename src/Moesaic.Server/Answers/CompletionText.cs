using Moesaic.Inference;
using Moesaic.Server.Protocol;
using Moesaic.Server.Requests;
using Moesaic.Text;

namespace Moesaic.Server.Answers;

/// <summary>One text on its way to the client.</summary>
sealed class CompletionText
{
    readonly int index;
    readonly LegacyLogProbs? likely;
    string echo;

    /// <param name="index">Its number among the choices.</param>
    /// <param name="plan">What was asked for.</param>
    /// <param name="prompt">The number of its prompt.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="echoed">How likely the prompt was, if that is wanted.</param>
    public CompletionText(int index, CompletionPlan plan, int prompt, ITokenizer tokenizer, IReadOnlyList<ChosenToken>? echoed)
    {
        this.index = index;
        var ids = plan.Requests[prompt].Prompt.Span;
        echo = plan.Echoes?[prompt] ?? "";
        likely = plan.Top is null ? null : new LegacyLogProbs(tokenizer, ids, echoed);
        Routed = plan.Requests[prompt].WantsRouting ? new RoutedTokens(tokenizer, ids) : null;
    }

    public RoutedTokens? Routed { get; }

    public CompletionChoice Next(GenerationPiece piece)
    {
        var text = echo + piece.Text;
        echo = "";
        likely?.Add(piece.Tokens);
        return new CompletionChoice
        {
            Index = index, Text = text, Logprobs = likely?.Take(), FinishReason = Reason(piece.FinishReason), Moesaic = Routed?.Add(piece.Tokens),
        };
    }

    /// <summary>Why a text ended, in the words of the protocol; null when it has not.</summary>
    public static string? Reason(FinishReason? reason) => reason switch
    {
        null => null,
        FinishReason.Length => "length",
        _ => "stop",
    };
}
