namespace Moesaic.Text.Datasets;

/// <summary>How documents become samples.</summary>
public sealed record SampleOptions
{
    /// <summary>Whether a text begins with the token for the beginning; null: as the tokenizer does by itself.</summary>
    public bool? BeginWithBos { get; init; }

    /// <summary>
    /// Whether a text ends with the token for the end, so that the model learns to stop; null: as the tokenizer does by itself.
    /// </summary>
    public bool? EndWithEos { get; init; } = true;

    /// <summary>
    /// Whether <c>&lt;|...|&gt;</c> and the like in a text stand for special tokens. Off by default: in a corpus they are
    /// characters. In conversations only those the template writes stand for tokens, whatever this says.
    /// </summary>
    public bool SpecialTokensInText { get; init; }

    /// <summary>
    /// False: a conversation is one sample, in which every assistant turn is learnt. True: each assistant turn is a sample
    /// of its own, with the turns before it as context; needed by templates that write past turns differently, such as
    /// those that drop earlier thoughts.
    /// </summary>
    public bool OneTurnPerSample { get; init; }

    /// <summary>Further variables for the chat template, such as <c>enable_thinking</c>.</summary>
    public IReadOnlyDictionary<string, object?>? TemplateVariables { get; init; }
}
