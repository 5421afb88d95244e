using Moesaic.Text.Datasets;

namespace Moesaic.Text.Corpora;

/// <summary>One text of a corpus: what the documentation says about one member.</summary>
/// <param name="Domain">The namespace, for example <c>System.Collections.Generic</c>.</param>
/// <param name="Member">The documentation id, for example <c>M:System.Collections.BitArray.Clone</c>.</param>
/// <param name="Text">Lines joined by <c>\n</c>, without a newline at the end: the signature, then one line a section.</param>
public sealed record CorpusDocument(string Domain, string Member, string Text)
{
    /// <summary>The document as a dataset has it: running text whose source is the member.</summary>
    public Document ToDocument() => new(Member, Text, null);
}
