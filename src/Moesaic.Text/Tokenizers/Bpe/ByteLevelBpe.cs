using System.Text.Encodings.Web;
using System.Text.Json;
using Moesaic.Text.Tokenizers;

namespace Moesaic.Text;

/// <summary>A trained byte-level BPE: ids 0 to 255 are the bytes, then the merges' tokens, then the special tokens.</summary>
public sealed class ByteLevelBpe
{
    static readonly JsonWriterOptions Layout = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly ByteTokens tokens;
    readonly List<(int Left, int Right)> merges;
    readonly ByteLevelBpeOptions options;

    internal ByteLevelBpe(ByteTokens tokens, List<(int Left, int Right)> merges, ByteLevelBpeOptions options)
    {
        this.tokens = tokens;
        this.merges = merges;
        this.options = options;
    }

    /// <summary>Tokens in all.</summary>
    public int VocabularySize => tokens.Count + options.SpecialTokens.Count;

    /// <summary>The tokenizer, exactly as it would be loaded from the saved files.</summary>
    public ITokenizer ToTokenizer()
    {
        var parts = TokenizerJsonReader.Read(JsonPart.Parse(Write(WriteTokenizer), "tokenizer.json"), []);
        return new PipelineTokenizer(parts, new SpecialTokens(IdOf(options.Bos), IdOf(options.Eos), IdOf(options.Pad), []));
    }

    /// <summary>Writes tokenizer.json and tokenizer_config.json as the `tokenizers` libraries read them.</summary>
    /// <param name="folder">Created when it does not exist; existing files of these names are replaced.</param>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        Replace(Path.Combine(folder, "tokenizer.json"), Write(WriteTokenizer));
        Replace(Path.Combine(folder, "tokenizer_config.json"), Write(WriteConfig));
    }

    static byte[] Write(Action<Utf8JsonWriter> content)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Layout)) content(json);
        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    static void Replace(string path, byte[] content)
    {
        var temporary = path + ".tmp";
        using (var file = new FileStream(temporary, FileMode.Create))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }

    int? IdOf(string? special)
    {
        for (var i = 0; i < options.SpecialTokens.Count; i++)
            if (options.SpecialTokens[i] == special) return tokens.Count + i;
        return null;
    }

    void WriteTokenizer(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        foreach (var token in options.SpecialTokens)
        {
            json.WriteStartObject();
            json.WriteNumber("id", IdOf(token)!.Value);
            json.WriteString("content", token);
            foreach (var flag in (string[])["single_word", "lstrip", "rstrip", "normalized"]) json.WriteBoolean(flag, false);
            json.WriteBoolean("special", true);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNull("normalizer");
        WritePreTokenizer(json);
        WritePostProcessor(json);
        json.WriteStartObject("decoder");
        WriteByteLevel(json);
        json.WriteEndObject();
        WriteModel(json);
        json.WriteEndObject();
    }

    void WritePreTokenizer(Utf8JsonWriter json)
    {
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        json.WriteStartObject();
        json.WriteString("type", "Split");
        json.WriteStartObject("pattern");
        json.WriteString("Regex", options.Pattern);
        json.WriteEndObject();
        json.WriteString("behavior", "Isolated");
        json.WriteBoolean("invert", false);
        json.WriteEndObject();
        json.WriteStartObject();
        WriteByteLevel(json);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void WriteByteLevel(Utf8JsonWriter json)
    {
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", false);
    }

    void WritePostProcessor(Utf8JsonWriter json)
    {
        json.WriteStartObject("post_processor");
        if (options.Bos is null) WriteByteLevel(json);
        else WriteTemplate(json, options.Bos);
        json.WriteEndObject();
    }

    void WriteTemplate(Utf8JsonWriter json, string bos)
    {
        json.WriteString("type", "TemplateProcessing");
        WriteSequences(json, "single", bos, "A");
        WriteSequences(json, "pair", bos, "A", "B");
        json.WriteStartObject("special_tokens");
        json.WriteStartObject(bos);
        json.WriteString("id", bos);
        json.WriteStartArray("ids");
        json.WriteNumberValue(IdOf(bos)!.Value);
        json.WriteEndArray();
        json.WriteStartArray("tokens");
        json.WriteStringValue(bos);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    static void WriteSequences(Utf8JsonWriter json, string name, string bos, params ReadOnlySpan<string> sequences)
    {
        json.WriteStartArray(name);
        for (var i = 0; i < sequences.Length; i++)
        {
            WriteItem("SpecialToken", bos, i);
            WriteItem("Sequence", sequences[i], i);
        }
        json.WriteEndArray();

        void WriteItem(string kind, string id, int type)
        {
            json.WriteStartObject();
            json.WriteStartObject(kind);
            json.WriteString("id", id);
            json.WriteNumber("type_id", type);
            json.WriteEndObject();
            json.WriteEndObject();
        }
    }

    void WriteModel(Utf8JsonWriter json)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        foreach (var none in (string[])["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"])
            json.WriteNull(none);
        foreach (var flag in (string[])["fuse_unk", "byte_fallback", "ignore_merges"]) json.WriteBoolean(flag, false);
        json.WriteStartObject("vocab");
        for (var id = 0; id < tokens.Count; id++) json.WriteNumber(tokens[id], id);
        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (var (left, right) in merges) json.WriteStringValue($"{tokens[left]} {tokens[right]}");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        if (options.Bos is not null) json.WriteString("bos_token", options.Bos);
        if (options.Eos is not null) json.WriteString("eos_token", options.Eos);
        if (options.Pad is not null) json.WriteString("pad_token", options.Pad);
        json.WriteBoolean("clean_up_tokenization_spaces", false);
        json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
        json.WriteEndObject();
    }
}
