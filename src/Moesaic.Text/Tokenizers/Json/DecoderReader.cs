namespace Moesaic.Text.Tokenizers;

/// <summary>Reads the `decoder` section.</summary>
static class DecoderReader
{
    public static IDecoder Read(JsonPart part)
    {
        if (part.IsNull) return new SpacedDecoder();
        switch (part.Type)
        {
            case "ByteLevel":
                part.Allow("type", "add_prefix_space", "trim_offsets", "use_regex");
                return new ByteLevelDecoder();
            case "ByteFallback":
                part.Allow("type");
                return new ByteFallbackDecoder();
            case "Fuse":
                part.Allow("type");
                return new FuseDecoder();
            case "Metaspace":
                part.Allow("type", "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep");
                return new MetaspaceDecoder(MetaspaceReader.Mark(part), MetaspaceReader.Scheme(part) != PrependScheme.Never);
            case "Replace":
                part.Allow("type", "pattern", "content");
                return new ReplaceDecoder(PatternReader.Read(part["pattern"]), part["content"].Text,
                    PatternReader.IsSingleCharacter(part["pattern"]));
            case "Strip":
                part.Allow("type", "content", "start", "stop");
                var content = part["content"].Text;
                if (content.Length != 1) throw part["content"].Fault("one character is needed");
                return new StripDecoder(content[0], part["start"].Number, part["stop"].Number);
            case "Sequence":
                part.Allow("type", "decoders");
                return new DecoderSequence([.. part["decoders"].Items
                    .Select(p => p.IsNull ? throw p.Fault("a decoder is needed") : Read(p))]);
            default: throw part.Fault($"the decoder {part.Type} is not supported");
        }
    }

    /// <summary>How token names are spelled, judged by the decoder that reads them.</summary>
    public static Spelling Spelling(JsonPart part)
    {
        if (part.IsNull) return Tokenizers.Spelling.Plain;
        return part.Type switch
        {
            "ByteLevel" => Tokenizers.Spelling.ByteAlphabet,
            "ByteFallback" or "Metaspace" => Tokenizers.Spelling.Marked,
            "Replace" when part["pattern"]["String"] is { IsText: true, Text: "▁" } => Tokenizers.Spelling.Marked,
            "Sequence" => part["decoders"].Items.Select(Spelling).FirstOrDefault(s => s != Tokenizers.Spelling.Plain),
            _ => Tokenizers.Spelling.Plain,
        };
    }
}
