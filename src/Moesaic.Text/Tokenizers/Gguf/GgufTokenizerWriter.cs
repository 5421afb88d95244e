using System.Globalization;
using Moesaic.Formats;

namespace Moesaic.Text.Tokenizers;

/// <summary>The tokenizer of a Hugging Face folder as the keys of a GGUF file.</summary>
sealed class GgufTokenizerWriter
{
    readonly string folder;
    readonly GgufMetadata metadata;
    readonly List<(string Text, PieceKind Kind, float Score)> tokens = [];
    readonly List<string> notes = [];
    int? bos, eos;
    bool leadingSpaces = true;

    GgufTokenizerWriter(string folder, GgufMetadata metadata)
    {
        this.folder = folder;
        this.metadata = metadata;
    }

    /// <param name="folder">Holds tokenizer.json or tokenizer.model.</param>
    /// <param name="tokenizer">The tokenizer loaded from there.</param>
    /// <param name="vocabularySize">Rows of the model's embedding table; unused tokens fill up to it.</param>
    /// <param name="metadata">Receives the keys.</param>
    /// <returns>What is worth telling the user.</returns>
    /// <exception cref="BadRequestException">GGUF cannot carry the tokenizer exactly.</exception>
    public static IReadOnlyList<string> Write(string folder, ITokenizer tokenizer, int vocabularySize, GgufMetadata metadata)
    {
        var writer = new GgufTokenizerWriter(folder, metadata);
        switch (tokenizer)
        {
            case PipelineTokenizer { Parts.Spelling: Spelling.ByteAlphabet } pipeline: writer.ByteLevel(pipeline); break;
            case PipelineTokenizer { Parts.Bpe.ByteFallback: true } pipeline: writer.Marked(pipeline); break;
            case SentencePieceTokenizer pieces: writer.Pieces(pieces); break;
            default: throw writer.Refusal("is neither a byte-level BPE nor SentencePiece");
        }
        writer.Finish(tokenizer, vocabularySize);
        if (TokenizerProbe.FirstDifference(tokenizer, GgufTokenizer.Load(metadata), writer.leadingSpaces) is { } text)
            throw writer.Refusal($"encodes \"{text}\" otherwise than readers of GGUF would");
        return writer.notes;
    }

    void ByteLevel(PipelineTokenizer tokenizer)
    {
        var json = JsonPart.Read(Path.Combine(folder, "tokenizer.json"));
        var pre = GgufPreTokenizer.Of(json["pre_tokenizer"], tokenizer.Parts.Bpe.IgnoreMerges, Nfc(json["normalizer"]))
            ?? throw Refusal("cuts text into words in a way that no pre-tokenizer known to GGUF names");
        Set("model", GgufValue.Of("gpt2"));
        Set("pre", GgufValue.Of(pre.Names[0]));
        Add(tokenizer, _ => PieceKind.Normal, _ => 0);
        Set("merges", GgufValue.Of([.. json["model"]["merges"].Items.Select(BpeReader.Merge).Select(m => $"{m.Left} {m.Right}")]));
        AddSpecial(tokenizer.Parts.Template, tokenizer);
    }

    /// <summary>SentencePiece's BPE as tokenizer.json has it: merges in the order of the scores of what they make.</summary>
    void Marked(PipelineTokenizer tokenizer)
    {
        var json = JsonPart.Read(Path.Combine(folder, "tokenizer.json"));
        var order = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (left, right) in json["model"]["merges"].Items.Select(BpeReader.Merge)) order.TryAdd(left + right, order.Count);
        Set("model", GgufValue.Of("llama"));
        Set("pre", GgufValue.Of("default"));
        var unknown = tokenizer.Parts.Bpe.UnknownId;
        Add(tokenizer,
            id => id == unknown ? PieceKind.Unknown
                : ByteFallbackDecoder.ByteOf(tokenizer.Parts.Vocabulary.NameOf(id)!) >= 0 ? PieceKind.Byte : PieceKind.Normal,
            // Characters are made by no merge: they come last, which only matters to a reader that sorts by score.
            id => order.TryGetValue(tokenizer.Parts.Vocabulary.NameOf(id)!, out var rank) ? -rank : -order.Count);
        if (unknown is { } known) Set("unknown_token_id", GgufValue.Of((uint)known));
        var scheme = Scheme(json);
        Set("add_space_prefix", GgufValue.Of(scheme != PrependScheme.Never));
        if (scheme == PrependScheme.First)
        {
            leadingSpaces = false;
            notes.Add("readers of the GGUF file put a space before a text that begins with one, and behind every special token; "
                + "this tokenizer does neither");
        }
        AddSpecial(tokenizer.Parts.Template, tokenizer);
    }

    /// <summary>Where a ▁ goes that the text does not have: by a normalizer, by a pre-tokenizer, or nowhere.</summary>
    static PrependScheme Scheme(JsonPart json)
    {
        if (Prepends(json["normalizer"])) return PrependScheme.Always;
        var pre = json["pre_tokenizer"];
        return !pre.IsNull && pre.Type == "Metaspace" ? MetaspaceReader.Scheme(pre) : PrependScheme.Never;

        static bool Prepends(JsonPart part) => !part.IsNull
            && (part.Type == "Prepend" || part.Type == "Sequence" && part["normalizers"].Items.Any(Prepends));
    }

    void Pieces(SentencePieceTokenizer tokenizer)
    {
        var model = tokenizer.Model;
        var unigram = model.Algorithm == SentencePieceAlgorithm.Unigram;
        if (model.WhitespaceAsSuffix) throw Refusal("writes spaces behind words");
        if (!model.EscapeWhitespaces) throw Refusal("does not mark spaces");
        if (!unigram && model.CharsMap.Length > 0) throw Refusal("normalises characters, which GGUF keeps for unigram models only");
        if (!unigram && model.RemoveExtraWhitespaces) throw Refusal("removes extra white space, which GGUF keeps for unigram models only");
        if (unigram && model.ByteFallback) throw Refusal("is a unigram model with byte fallback");
        Set("model", GgufValue.Of(unigram ? "t5" : "llama"));
        Set("pre", GgufValue.Of("default"));
        Add(tokenizer, tokenizer.Names,
            id => id < model.Pieces.Count ? model.Pieces[id].Kind : PieceKind.Normal,
            id => id < model.Pieces.Count ? model.Pieces[id].Score : 0);
        Set("add_space_prefix", GgufValue.Of(model.AddDummyPrefix));
        Set("remove_extra_whitespaces", GgufValue.Of(model.RemoveExtraWhitespaces));
        if (model.CharsMap.Length > 0) Set("precompiled_charsmap", GgufValue.Of(model.CharsMap));
        if (model.Pieces.FindIndex(p => p.Kind == PieceKind.Unknown) is >= 0 and var unknown)
            Set("unknown_token_id", GgufValue.Of((uint)unknown));
        AddSpecial(tokenizer.Template, tokenizer);
    }

    void Add(PipelineTokenizer tokenizer, Func<int, PieceKind> kind, Func<int, float> score) =>
        Add(tokenizer, tokenizer.Parts.Vocabulary, kind, score);

    void Add(ITokenizer tokenizer, Vocabulary vocabulary, Func<int, PieceKind> kind, Func<int, float> score)
    {
        for (var id = 0; id < vocabulary.Size; id++)
        {
            if (vocabulary.NameOf(id) is not { } name) tokens.Add((Filler(id), PieceKind.Unused, 0));
            else if (kind(id) == PieceKind.Unknown) tokens.Add((name, PieceKind.Unknown, score(id)));
            else if (vocabulary.Added.TryGetValue(id, out var added))
            {
                if (added.SingleWord || added.StripLeft || added.StripRight)
                    throw Refusal($"looks for '{name}' with conditions on what stands beside it (single_word, lstrip, rstrip)");
                tokens.Add((name, tokenizer.SpecialIds.Contains(id) ? PieceKind.Control : PieceKind.UserDefined, score(id)));
            }
            else tokens.Add((name, kind(id), score(id)));
        }
    }

    void AddSpecial(Template template, ITokenizer tokenizer)
    {
        (bos, eos) = (tokenizer.BosId, tokenizer.EosId);
        Set("add_bos_token", GgufValue.Of(Has(template.Before, ref bos, "before")));
        Set("add_eos_token", GgufValue.Of(Has(template.After, ref eos, "behind")));

        // A template may put a token there that no file gives the role.
        bool Has(IReadOnlyList<int> ids, ref int? role, string where)
        {
            if (ids.Count == 0) return false;
            if (ids.Count > 1 || (role ??= ids[0]) != ids[0])
                throw Refusal($"puts other special tokens {where} a text than the one that opens or ends it");
            return true;
        }
    }

    void Finish(ITokenizer tokenizer, int vocabularySize)
    {
        if (tokens.Count > vocabularySize)
            throw Refusal($"has {tokens.Count} tokens, the model embeddings for {vocabularySize}");
        while (tokens.Count < vocabularySize) tokens.Add((Filler(tokens.Count), PieceKind.Unused, 0));
        Set("tokens", GgufValue.Of([.. tokens.Select(t => t.Text)]));
        if (tokenizer is not PipelineTokenizer { Parts.Spelling: Spelling.ByteAlphabet })
            Set("scores", GgufValue.Of([.. tokens.Select(t => t.Score)]));
        Set("token_type", GgufValue.Of([.. tokens.Select(t => (int)t.Kind)]));
        foreach (var (role, id) in new[] { ("bos", bos), ("eos", eos), ("padding", tokenizer.PadId) })
            if (id is { } known) Set($"{role}_token_id", GgufValue.Of((uint)known));
    }

    static string Filler(int id) => string.Create(CultureInfo.InvariantCulture, $"[PAD{id}]");

    static bool Nfc(JsonPart normalizer) => !normalizer.IsNull && (normalizer.Type == "NFC"
        || normalizer.Type == "Sequence" && normalizer["normalizers"].Items.Any(Nfc));

    void Set(string key, GgufValue value) => metadata.Set(GgufVocabulary.Prefix + key, value);

    BadRequestException Refusal(string what) =>
        new($"{folder}: GGUF cannot carry this tokenizer exactly: it {what}.");
}
