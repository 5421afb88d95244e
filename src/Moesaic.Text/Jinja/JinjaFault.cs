namespace Moesaic.Text.Jinja;

/// <summary>A fault found while rendering, before the place in the template is known.</summary>
sealed class JinjaFault(string message) : Exception(message);
