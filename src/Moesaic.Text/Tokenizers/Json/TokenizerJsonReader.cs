namespace Moesaic.Text.Tokenizers;

/// <summary>Reads a tokenizer.json whole.</summary>
static class TokenizerJsonReader
{
    /// <param name="root">The file.</param>
    /// <param name="more">Added tokens the files beside it declare.</param>
    public static PipelineParts Read(JsonPart root, IReadOnlyList<AddedToken> more)
    {
        // `truncation` and `padding` are a caller's habits that happened to be saved; the length of a text is not this
        // layer's to change.
        root.Allow("version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
            "decoder", "model");
        var bpe = BpeReader.Read(root["model"]);
        var added = AddedTokensReader.Read(root["added_tokens"]);
        Merge(added, more, root);
        var vocabulary = new Vocabulary(bpe.Ids, added, root.File);
        return new PipelineParts
        {
            Vocabulary = vocabulary,
            Bpe = bpe,
            Normalizer = NormalizerReader.Read(root["normalizer"]),
            PreTokenizer = PreTokenizerReader.Read(root["pre_tokenizer"]),
            Decoder = DecoderReader.Read(root["decoder"]),
            Spelling = DecoderReader.Spelling(root["decoder"]),
            Template = TemplateReader.Read(root["post_processor"], vocabulary),
        };
    }

    static void Merge(List<AddedToken> added, IReadOnlyList<AddedToken> more, JsonPart root)
    {
        var seen = new Dictionary<int, AddedToken>();
        foreach (var token in added)
            if (!seen.TryAdd(token.Id, token))
                throw root["added_tokens"].Fault($"'{seen[token.Id].Content}' and '{token.Content}' have the same id {token.Id}");
        foreach (var token in more)
            if (seen.TryAdd(token.Id, token)) added.Add(token);
            else if (seen[token.Id].Content != token.Content)
                throw root["added_tokens"].Fault(
                    $"the id {token.Id} is '{seen[token.Id].Content}' here and '{token.Content}' in tokenizer_config.json");
    }
}
