using System.Xml;

namespace Moesaic.Text.Corpora;

/// <summary>Turns the markup inside a documentation element into plain text that reads as English.</summary>
static class DocMarkup
{
    /// <summary>Reads the element the reader stands on; afterwards it stands on its end tag (or on the empty element).</summary>
    internal static List<DocPiece> Read(XmlReader reader)
    {
        var pieces = new List<DocPiece>();
        Content(reader, pieces);
        return pieces;
    }

    static void Content(XmlReader reader, List<DocPiece> pieces)
    {
        if (reader.IsEmptyElement)
            return;
        var depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.NodeType == XmlNodeType.Element)
                Element(reader, pieces);
            else if (reader.HasValue)
                pieces.Add(new(reader.Value, false));
        }
    }

    static void Element(XmlReader reader, List<DocPiece> pieces)
    {
        switch (reader.Name)
        {
            case "see" or "seealso" or "xref":
                Link(reader, pieces);
                break;
            case "paramref" or "typeparamref":
                pieces.Add(new(reader.GetAttribute("name") ?? "", false));
                Content(reader, pieces);
                break;
            case "listheader":
                // The heads of a two-column table say nothing once its rows read "term: description".
                Content(reader, []);
                break;
            case "term":
                Content(reader, pieces);
                TrimEnd(pieces);
                pieces.Add(new(": ", false));
                break;
            case "item" or "li":
                Item(reader, pieces);
                break;
            case "para" or "p" or "br" or "list" or "ul" or "description":
                pieces.Add(new(" ", false));
                Content(reader, pieces);
                pieces.Add(new(" ", false));
                break;
            case "sup":
                pieces.Add(new("^", false));
                Content(reader, pieces);
                break;
            default:
                Content(reader, pieces);
                break;
        }
    }

    /// <summary>A link shows its own words where it has some, else a short name of what it points to.</summary>
    static void Link(XmlReader reader, List<DocPiece> pieces)
    {
        var reference = reader.GetAttribute("cref") ?? reader.GetAttribute("uid");
        var word = reader.GetAttribute("langword") ?? reader.GetAttribute("href") ?? "";
        var before = pieces.Count;
        Content(reader, pieces);
        if (pieces.Count == before)
            pieces.Add(reference is null ? new(word, false) : new(reference, true));
    }

    /// <summary>A row or bullet becomes a sentence: a full stop is added unless it ends with punctuation.</summary>
    static void Item(XmlReader reader, List<DocPiece> pieces)
    {
        pieces.Add(new(" ", false));
        Content(reader, pieces);
        TrimEnd(pieces);
        var closed = pieces is [.., { IsReference: false, Value: [.., '.' or ':' or ';' or '!' or '?'] }];
        pieces.Add(new(closed ? " " : ". ", false));
    }

    static void TrimEnd(List<DocPiece> pieces)
    {
        while (pieces is [.., { IsReference: false } last])
        {
            pieces.RemoveAt(pieces.Count - 1);
            if (last.Value.TrimEnd() is { Length: > 0 } rest)
            {
                pieces.Add(new(rest, false));
                return;
            }
        }
    }
}
