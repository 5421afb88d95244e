namespace Moesaic.Inference;

/// <summary>Why a generation ended.</summary>
public enum FinishReason
{
    /// <summary>The wanted number of tokens was reached, or the context is full.</summary>
    Length,

    /// <summary>A stop string appeared.</summary>
    Stop,

    /// <summary>The model ended the text itself.</summary>
    Eos,
}

/// <summary>What was generated and how long it took.</summary>
/// <param name="Text">The text after the prompt.</param>
/// <param name="Tokens">The generated ids; the one that ended the text, if any, included.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="PrefillTime">Duration until the first token was chosen.</param>
/// <param name="DecodeTime">Duration of everything after: passes of one token each, choosing, decoding to text.</param>
public sealed record GenerationResult(
    string Text, IReadOnlyList<int> Tokens, FinishReason FinishReason, int PromptTokens, TimeSpan PrefillTime, TimeSpan DecodeTime)
{
    /// <summary>Tokens of the prompt that were not computed but found in the cache.</summary>
    public int ReusedTokens { get; init; }

    /// <summary>For each token its log-probability and the most likely ones; null when they were not asked for.</summary>
    public IReadOnlyList<ChosenToken>? LogProbabilities { get; init; }

    /// <summary>Computed prompt tokens per second.</summary>
    public double PrefillTokensPerSecond => Rate(PromptTokens - ReusedTokens, PrefillTime);

    /// <summary>
    /// Passes of one token per second; 0 when there was none. The first token comes from the prompt's pass, so there is one
    /// pass fewer than tokens.
    /// </summary>
    public double DecodeTokensPerSecond => Rate(Tokens.Count - 1, DecodeTime);

    static double Rate(int count, TimeSpan time) => count > 0 && time > TimeSpan.Zero ? count / time.TotalSeconds : 0;
}
