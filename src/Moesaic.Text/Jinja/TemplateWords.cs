namespace Moesaic.Text.Jinja;

/// <summary>A value whose text counts as written by the template: the name of a special token, a role.</summary>
sealed record TemplateWords(string Text);
