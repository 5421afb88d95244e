namespace Moesaic.Text.Tokenizers;

/// <summary>Reads {"Regex": ...} or {"String": ...}.</summary>
static class PatternReader
{
    public static Pattern Read(JsonPart part)
    {
        if (part.IsText) return Literal(part);
        if (!part.IsObject) throw part.Fault("a pattern is needed: {\"Regex\": ...} or {\"String\": ...}");
        part.Allow("Regex", "String");
        if (part["String"].IsNull) return new Pattern(part["Regex"].Text, part.Where);
        if (!part["Regex"].IsNull) throw part.Fault("a pattern is either \"Regex\" or \"String\", not both");
        return Literal(part["String"]);
    }

    static Pattern Literal(JsonPart text) => text.Text.Length > 0
        ? Pattern.Literal(text.Text, text.Where)
        : throw text.Fault("an empty string matches nothing");

    /// <summary>Whether what is read above can only match single characters.</summary>
    public static bool IsSingleCharacter(JsonPart part) =>
        (part.IsText ? part : part["String"]) is { IsNull: false, Text: [var c] } && !char.IsSurrogate(c);
}
