using System.Text.Json;
using Moesaic.Text.Chat;

namespace Moesaic.Text.Datasets;

/// <summary>One text or one conversation of a dataset; exactly one of the two is present.</summary>
/// <param name="Source">Where it was read, for messages to people: the file and, where there is one, the line.</param>
/// <param name="Text">The running text, or null for a conversation.</param>
/// <param name="Messages">The turns of the conversation, or null for running text.</param>
/// <param name="Tools">The tool definitions the conversation was held with: a JSON array, or null.</param>
public readonly record struct Document(
    string Source, string? Text, IReadOnlyList<ChatMessage>? Messages, JsonElement? Tools = null);
