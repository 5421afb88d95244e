namespace Moesaic.Inference;

/// <summary>The queue takes no more requests: it drains, was disposed, or failed.</summary>
/// <param name="message">Which of them.</param>
/// <param name="inner">Why it failed, or null.</param>
public sealed class QueueClosedException(string message, Exception? inner = null) : Exception(message, inner);
