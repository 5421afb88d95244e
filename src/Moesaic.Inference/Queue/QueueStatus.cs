namespace Moesaic.Inference;

/// <summary>What a queue was doing after its last step. Counts are since its start.</summary>
/// <param name="Waiting">Requests that wait, as of now.</param>
/// <param name="Running">Requests that are worked on.</param>
/// <param name="Cache">The pages.</param>
/// <param name="Steps">Passes.</param>
/// <param name="ComputedTokens">Tokens that passes computed, prompts and texts.</param>
/// <param name="GeneratedTokens">Tokens chosen.</param>
/// <param name="CachedTokens">Tokens of prompts that were found in the cache.</param>
/// <param name="Ended">Requests that ended, well or not.</param>
public readonly record struct QueueStatus(
    int Waiting, int Running, CacheUsage Cache, long Steps, long ComputedTokens, long GeneratedTokens, long CachedTokens, long Ended);
