using System.Text.Json;

namespace Moesaic.Server.Protocol;

/// <summary>What an answer may be.</summary>
sealed record ResponseFormat
{
    public string? Type { get; init; }
    public JsonSchemaFormat? JsonSchema { get; init; }
}

/// <summary>A named schema.</summary>
sealed record JsonSchemaFormat
{
    public string? Name { get; init; }
    public string? Description { get; init; }
    public JsonElement? Schema { get; init; }
    public bool? Strict { get; init; }
}
