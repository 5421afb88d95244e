namespace Moesaic.Text.Jinja;

/// <summary>A rendered template.</summary>
/// <param name="Text">The text.</param>
/// <param name="Generated">
/// The character ranges, in order, that came out of <c>{% generation %}</c> blocks: what an assistant says, in chat templates.
/// </param>
/// <param name="Given">
/// The character ranges, in order, that the template did not write itself but took from the values it was given, as they are
/// or changed: what people, tools and the model said. Names of special tokens in them are text.
/// </param>
public sealed record JinjaOutput(string Text, IReadOnlyList<Range> Generated, IReadOnlyList<Range> Given);
