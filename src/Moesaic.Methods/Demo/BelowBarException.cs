namespace Moesaic.Methods.Demo;

/// <summary>A result that is complete but not good enough to count: the demo ends with exit code 1.</summary>
/// <param name="message">What falls short, and by how much.</param>
public sealed class BelowBarException(string message) : Exception(message);
