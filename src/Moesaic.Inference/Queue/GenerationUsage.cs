namespace Moesaic.Inference;

/// <summary>What a text took.</summary>
/// <param name="PromptTokens">Tokens of the prompt, which texts of the same request share.</param>
/// <param name="CachedTokens">Those of them that were found in the cache.</param>
/// <param name="CompletionTokens">Tokens generated; the one that ended the text, if any, included.</param>
/// <param name="QueueTime">From the asking until the prompt was taken up.</param>
/// <param name="PrefillTime">From there until the first token was chosen.</param>
/// <param name="DecodeTime">From there to the end.</param>
public sealed record GenerationUsage(
    int PromptTokens, int CachedTokens, int CompletionTokens, TimeSpan QueueTime, TimeSpan PrefillTime, TimeSpan DecodeTime);
