using System.Xml;
using Moesaic.Formats;

namespace Moesaic.Text.Corpora;

/// <summary>Reads one XML documentation file (C# specification, annex D) into members.</summary>
static class DocFileReader
{
    static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
    };

    internal static List<DocMember> Read(string path)
    {
        try
        {
            using var reader = XmlReader.Create(path, Settings);
            return Members(reader, path);
        }
        catch (XmlException error)
        {
            throw Bad(path, error.LineNumber, error.Message.TrimEnd('.'), error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadModelException($"{path}: the documentation file cannot be read: {error.Message}", error);
        }
    }

    static List<DocMember> Members(XmlReader reader, string path)
    {
        if (reader.MoveToContent() != XmlNodeType.Element || reader.Name != "doc")
            throw Bad(path, Line(reader), $"expected <doc> as the root element, found <{reader.Name}>");
        var members = new List<DocMember>();
        while (reader.Read())
        {
            if (reader.NodeType != XmlNodeType.Element || reader.Name != "member")
                continue;
            var id = reader.GetAttribute("name");
            if (id is not [_, ':', _, ..])
                throw Bad(path, Line(reader), $"<member> needs a name such as T:System.String, found '{id}'");
            members.Add(new(id, Sections(reader)));
        }
        return members;
    }

    static List<DocSection> Sections(XmlReader reader)
    {
        var sections = new List<DocSection>();
        if (reader.IsEmptyElement)
            return sections;
        var depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.NodeType != XmlNodeType.Element)
                continue;
            var kind = reader.Name;
            var name = reader.GetAttribute(kind == "exception" ? "cref" : "name") ?? "";
            sections.Add(new(kind, name, DocMarkup.Read(reader)));
        }
        return sections;
    }

    static int Line(XmlReader reader) => ((IXmlLineInfo)reader).LineNumber;

    /// <summary>Line 0 stands for unknown: a prohibited DTD has none.</summary>
    static BadModelException Bad(string path, int line, string what, Exception? inner = null)
    {
        var where = line > 0 ? FormattableString.Invariant($"{path}, line {line}") : path;
        return new($"{where}: {what}. The documentation file is damaged: repair the SDK (or the folder given).", inner);
    }
}
