namespace Moesaic.Text.Tokenizers;

/// <summary>Reads the `pre_tokenizer` section.</summary>
static class PreTokenizerReader
{
    public static IPreTokenizer? Read(JsonPart part)
    {
        if (part.IsNull) return null;
        switch (part.Type)
        {
            case "ByteLevel":
                part.Allow("type", "add_prefix_space", "trim_offsets", "use_regex");
                return new ByteLevelPreTokenizer(part.Flag("add_prefix_space", true), part.Flag("use_regex", true));
            case "Split":
                part.Allow("type", "pattern", "behavior", "invert");
                return new PatternSplit(
                    PatternReader.Read(part["pattern"]), Behavior(part["behavior"]), part.Flag("invert", false));
            case "Digits":
                part.Allow("type", "individual_digits");
                return new PropertySplit(CodePoints.IsNumeric,
                    part.Flag("individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous);
            case "Punctuation":
                part.Allow("type", "behavior");
                return new PropertySplit(CodePoints.IsPunctuation,
                    part["behavior"].IsNull ? SplitBehavior.Isolated : Behavior(part["behavior"]));
            case "WhitespaceSplit":
                part.Allow("type");
                return new PropertySplit(CodePoints.IsWhiteSpace, SplitBehavior.Removed);
            case "Metaspace": return Metaspace(part);
            case "Sequence":
                part.Allow("type", "pretokenizers");
                return new PreTokenizerSequence([.. part["pretokenizers"].Items
                    .Select(p => Read(p) ?? throw p.Fault("a pre-tokenizer is needed"))]);
            default: throw part.Fault($"the pre-tokenizer {part.Type} is not supported");
        }
    }

    static MetaspacePreTokenizer Metaspace(JsonPart part)
    {
        part.Allow("type", "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep");
        return new MetaspacePreTokenizer(MetaspaceReader.Mark(part), MetaspaceReader.Scheme(part), part.Flag("split", true));
    }

    static SplitBehavior Behavior(JsonPart part) => part.Text switch
    {
        "Removed" => SplitBehavior.Removed,
        "Isolated" => SplitBehavior.Isolated,
        "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" => SplitBehavior.MergedWithNext,
        "Contiguous" => SplitBehavior.Contiguous,
        var other => throw part.Fault($"the behavior {other} is not supported"),
    };
}
