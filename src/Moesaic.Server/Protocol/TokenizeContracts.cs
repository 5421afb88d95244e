using System.Text.Json;
using System.Text.Json.Serialization;

namespace Moesaic.Server.Protocol;

/// <summary>POST /tokenize: a text, or a conversation.</summary>
sealed record TokenizeRequest
{
    public string? Model { get; init; }
    public string? Prompt { get; init; }
    public bool? AddSpecialTokens { get; init; }
    public bool? ParseSpecialTokens { get; init; }
    public bool? ReturnTokenStrs { get; init; }
    public IReadOnlyList<ChatTurn>? Messages { get; init; }
    public IReadOnlyList<ToolDefinition>? Tools { get; init; }
    public bool? AddGenerationPrompt { get; init; }
    public Dictionary<string, JsonElement>? ChatTemplateKwargs { get; init; }
}

/// <summary>Its tokens.</summary>
sealed record TokenizeResponse(int Count, int MaxModelLen, IReadOnlyList<int> Tokens)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyList<string>? TokenStrs { get; init; }
}

/// <summary>POST /detokenize.</summary>
sealed record DetokenizeRequest
{
    public string? Model { get; init; }
    public IReadOnlyList<int>? Tokens { get; init; }
}

/// <summary>Their text, names of special tokens included.</summary>
sealed record DetokenizeResponse(string Prompt);

/// <summary>GET /tokenizer_info.</summary>
sealed record TokenizerInfo
{
    public required int VocabSize { get; init; }
    public required int ModelMaxLength { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? BosToken { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? EosToken { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? PadToken { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? ChatTemplate { get; init; }
}
