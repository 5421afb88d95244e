using Moesaic.Text.Chat;

namespace Moesaic.Text.Datasets;

/// <summary>A prompt with a better and a worse answer.</summary>
/// <param name="Source">Where it was read, for messages to people: the file and line.</param>
/// <param name="Prompt">The turns before the answer; of a plain pair one of the user's.</param>
/// <param name="Chosen">The better answer, a turn of the assistant.</param>
/// <param name="Rejected">The worse one.</param>
/// <param name="IsPlain">The record gave strings, not turns, so that the answers may also be read as continuing the prompt.</param>
public sealed record Preference(string Source, IReadOnlyList<ChatMessage> Prompt, ChatMessage Chosen, ChatMessage Rejected, bool IsPlain);
