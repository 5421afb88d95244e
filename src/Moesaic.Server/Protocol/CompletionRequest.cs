using System.Text.Json;
using System.Text.Json.Serialization;

namespace Moesaic.Server.Protocol;

/// <summary>POST /v1/completions.</summary>
sealed record CompletionRequest : GenerationFields
{
    [JsonConverter(typeof(PromptsConverter))]
    public IReadOnlyList<GivenPrompt>? Prompt { get; init; }
    public JsonElement? Suffix { get; init; }
    public int? BestOf { get; init; }
    [JsonConverter(typeof(CountOrFlagConverter))]
    public int? Logprobs { get; init; }
    public bool? Echo { get; init; }

    // vLLM's.
    public bool? AddSpecialTokens { get; init; }
}
