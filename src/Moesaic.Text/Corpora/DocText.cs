using System.Text;

namespace Moesaic.Text.Corpora;

/// <summary>A run of documentation: words to print, or the id of something it refers to.</summary>
readonly record struct DocPiece(string Value, bool IsReference);

/// <summary>What one XML element of a member says.</summary>
/// <param name="Kind">The element: summary, param, typeparam, returns, value, exception or remarks.</param>
/// <param name="Name">The parameter's name or the exception's id; empty for the others.</param>
/// <param name="Pieces">The content, not yet normalised.</param>
sealed record DocSection(string Kind, string Name, IReadOnlyList<DocPiece> Pieces)
{
    /// <summary>The content as one line: references by short name, every run of white space one space.</summary>
    internal string Render(DocNames names)
    {
        var line = new StringBuilder();
        var gap = false;
        foreach (var piece in Pieces)
            foreach (var letter in piece.IsReference ? names.Reference(piece.Value) : piece.Value)
            {
                if (char.IsWhiteSpace(letter))
                {
                    gap = true;
                    continue;
                }
                if (gap && line.Length > 0)
                    line.Append(' ');
                gap = false;
                line.Append(letter);
            }
        return line.ToString();
    }
}

/// <summary>A member as the file has it.</summary>
/// <param name="Id">The documentation id.</param>
/// <param name="Sections">Its elements in the order of the file.</param>
sealed record DocMember(string Id, IReadOnlyList<DocSection> Sections)
{
    internal IEnumerable<string> Names(string kind) =>
        Sections.Where(section => section.Kind == kind).Select(section => section.Name);
}
