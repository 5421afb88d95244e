using Moesaic.Text.Chat;

namespace Moesaic.Extensions.AI;

/// <summary>A part of an answer: text, or a call.</summary>
/// <param name="Text">What is said; empty when this is a call.</param>
/// <param name="Call">A whole call, with an id of its own and an object as arguments; null when this is text.</param>
public readonly record struct AnswerPart(string Text, ChatToolCall? Call = null);
