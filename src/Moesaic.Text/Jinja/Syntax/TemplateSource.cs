using Moesaic.Formats;

namespace Moesaic.Text.Jinja.Syntax;

/// <summary>The text of a template, with line ends as \n and without the last one, and its name for messages.</summary>
sealed class TemplateSource
{
    public TemplateSource(string text, string name)
    {
        Name = name;
        Text = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (Text.EndsWith('\n')) Text = Text[..^1];
    }

    public string Text { get; }

    public string Name { get; }

    public BadModelException Fault(string message, int at, Exception? inner = null)
    {
        var before = Text.AsSpan(0, Math.Min(at, Text.Length));
        var line = before.Count('\n') + 1;
        var column = before.Length - before.LastIndexOf('\n');
        return new BadModelException($"{Name}, line {line}, column {column}: {message}", inner);
    }
}
