namespace Moesaic.Inference;

/// <summary>What has come of a text since the piece before. Whoever reads slowly gets fewer and longer pieces; nothing is lost.</summary>
public sealed record GenerationPiece
{
    /// <summary>Which of the texts of the request, from 0.</summary>
    public int Index { get; init; }

    /// <summary>The text that became certain; often empty: a stop string or a character may be on its way.</summary>
    public string Text { get; init; } = "";

    /// <summary>The tokens that were chosen; the one that ended the text, if any, included. Their text may come in a later piece.</summary>
    public IReadOnlyList<GeneratedToken> Tokens { get; init; } = [];

    /// <summary>
    /// In the first piece of text 0 when <see cref="GenerationRequest.PromptLogProbabilities"/> asked for it: every token of the prompt but
    /// the first, how likely it was after those before it, and what was likelier. Otherwise null.
    /// </summary>
    public IReadOnlyList<ChosenToken>? Prompt { get; init; }

    /// <summary>Why the text ended; null in all pieces but its last.</summary>
    public FinishReason? FinishReason { get; init; }

    /// <summary>What the text took; null in all pieces but its last.</summary>
    public GenerationUsage? Usage { get; init; }
}
