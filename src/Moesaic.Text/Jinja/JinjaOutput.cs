namespace Moesaic.Text.Jinja;

/// <summary>A rendered template.</summary>
/// <param name="Text">The text.</param>
/// <param name="Generated">
/// The character ranges, in order, that came out of <c>{% generation %}</c> blocks: what an assistant says, in chat templates.
/// </param>
public sealed record JinjaOutput(string Text, IReadOnlyList<Range> Generated);
