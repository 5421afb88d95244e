namespace Moesaic.Text.Datasets;

/// <summary>How a <c>.txt</c> file is cut into documents.</summary>
public enum TextSplit
{
    /// <summary>At every <c>&lt;|endoftext|&gt;</c>, as TinyStories and its like are published; without one, the file is one document.</summary>
    EndOfText,

    /// <summary>At blank lines: every paragraph is a document.</summary>
    BlankLines,

    /// <summary>Never: the file is one document.</summary>
    WholeFile,
}
