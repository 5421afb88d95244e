using System.Text.Json;
using System.Text.Json.Serialization;

namespace Moesaic.Server.Protocol;

/// <summary>POST /v1/chat/completions.</summary>
sealed record ChatRequest : GenerationFields
{
    public IReadOnlyList<ChatTurn>? Messages { get; init; }
    public int? MaxCompletionTokens { get; init; }
    public bool? Logprobs { get; init; }
    public int? TopLogprobs { get; init; }
    public IReadOnlyList<ToolDefinition>? Tools { get; init; }
    [JsonConverter(typeof(ToolChoiceConverter))]
    public ToolChoiceField? ToolChoice { get; init; }
    public bool? ParallelToolCalls { get; init; }
    public string? SafetyIdentifier { get; init; }
    public string? PromptCacheKey { get; init; }
    public IReadOnlyList<string>? Modalities { get; init; }
    public string? ServiceTier { get; init; }
    public bool? Store { get; init; }
    public Dictionary<string, JsonElement>? ChatTemplateKwargs { get; init; }

    public JsonElement? Audio { get; init; }
    public JsonElement? FunctionCall { get; init; }
    public JsonElement? Functions { get; init; }
    public JsonElement? Metadata { get; init; }
    public JsonElement? Prediction { get; init; }
    public JsonElement? PromptCacheRetention { get; init; }
    public JsonElement? ReasoningEffort { get; init; }
    public JsonElement? Verbosity { get; init; }
    public JsonElement? WebSearchOptions { get; init; }
}

/// <summary>Whether functions are called.</summary>
/// <param name="Mode">auto, none, required; or function with the name.</param>
/// <param name="Name">Of the one that must be called.</param>
sealed record ToolChoiceField(string Mode, string? Name = null);
