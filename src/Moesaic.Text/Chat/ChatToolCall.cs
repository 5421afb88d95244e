using System.Text.Json;

namespace Moesaic.Text.Chat;

/// <summary>One function the assistant asks to be called.</summary>
/// <param name="Name">The function's name.</param>
/// <param name="Arguments">The arguments: normally a JSON object. A string is kept a string, as some templates expect.</param>
/// <param name="Id">The identifier a later message of role <c>tool</c> answers to, or null.</param>
public sealed record ChatToolCall(string Name, JsonElement Arguments, string? Id = null);
