namespace Moesaic.Server.Protocol;

/// <summary>What an answer took, in tokens.</summary>
sealed record Usage(int PromptTokens, int CompletionTokens, int TotalTokens, PromptTokensDetails PromptTokensDetails);

/// <summary>Of the prompts' tokens.</summary>
sealed record PromptTokensDetails(int CachedTokens);
