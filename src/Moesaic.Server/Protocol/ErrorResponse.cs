using System.Text.Json.Serialization;

namespace Moesaic.Server.Protocol;

/// <summary>The body of a refusal, and the event of a failure inside a stream.</summary>
sealed record ErrorResponse(ErrorDetails Error);

/// <summary>What is wrong.</summary>
sealed record ErrorDetails
{
    public required string Message { get; init; }
    public required string Type { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Param { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Code { get; init; }
}
