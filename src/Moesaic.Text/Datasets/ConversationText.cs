namespace Moesaic.Text.Datasets;

/// <summary>A conversation written by a template, with the character ranges the model is to learn and those that are not the template's.</summary>
readonly record struct ConversationText(string Text, IReadOnlyList<Range> Learnt, IReadOnlyList<Range> Given);
