using Moesaic.Formats;
using Moesaic.Text.Chat;
using Moesaic.Text.Tokenizers;

namespace Moesaic.Text;

/// <summary>Tokenizers as GGUF files store them (keys tokenizer.*).</summary>
public static class GgufTokenizer
{
    internal const string ChatTemplateKey = "tokenizer.chat_template";

    /// <summary>Whether a file has a tokenizer at all.</summary>
    public static bool IsIn(GgufMetadata metadata) =>
        metadata.TextOrNull(GgufVocabulary.Prefix + "model") is not (null or GgufVocabulary.NoModel or "no_vocab");

    /// <summary>
    /// The tokenizer: SentencePiece's BPE by scores ("llama"), byte-level BPE ("gpt2", with one of the supported
    /// pre-tokenizers) or SentencePiece's unigram model ("t5").
    /// </summary>
    /// <exception cref="BadModelException">There is none, it is damaged, or it is of a kind not supported.</exception>
    public static ITokenizer Load(GgufMetadata metadata)
    {
        var vocabulary = GgufVocabulary.Read(metadata);
        var json = new GgufTokenizerJson(vocabulary);
        var config = TokenizerConfig.Of(JsonPart.Parse(json.Config(), metadata.Source));
        if (vocabulary.Model != "gpt2") return new SentencePieceTokenizer(GgufSentencePiece.ModelOf(vocabulary), config);
        var parts = TokenizerJsonReader.Read(JsonPart.Parse(json.Tokenizer(), metadata.Source), []);
        return new PipelineTokenizer(parts, config.Roles(parts.Vocabulary.IdOf));
    }

    /// <summary>
    /// The tokenizer as the files of a Hugging Face folder, name to bytes: tokenizer.json, tokenizer_config.json and, when
    /// there is a chat template, chat_template.jinja. They encode to the same ids.
    /// </summary>
    /// <exception cref="BadModelException">As for <see cref="Load"/>, and for a unigram model.</exception>
    public static IReadOnlyDictionary<string, byte[]> HuggingFaceFiles(GgufMetadata metadata)
    {
        var json = new GgufTokenizerJson(GgufVocabulary.Read(metadata));
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal)
        {
            ["tokenizer.json"] = json.Tokenizer(),
            ["tokenizer_config.json"] = json.Config(),
        };
        if (metadata.TextOrNull(ChatTemplateKey) is { } template)
            files["chat_template.jinja"] = System.Text.Encoding.UTF8.GetBytes(template);
        return files;
    }

    /// <summary>
    /// Writes the tokenizer of a Hugging Face folder, and its chat template, as keys of a GGUF file; a folder without a
    /// tokenizer is said to have none. What was written is read again and compared on texts that reach into all of the
    /// vocabulary.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="vocabularySize">Rows of the model's embedding table; unused tokens fill up to it.</param>
    /// <param name="metadata">Receives the keys.</param>
    /// <returns>What is worth telling the user.</returns>
    /// <exception cref="BadModelException">The tokenizer is damaged or not supported.</exception>
    /// <exception cref="BadRequestException">GGUF cannot carry it exactly.</exception>
    public static IReadOnlyList<string> Write(string folder, int vocabularySize, GgufMetadata metadata)
    {
        if (!File.Exists(Path.Combine(folder, "tokenizer.json")) && !File.Exists(Path.Combine(folder, "tokenizer.model")))
        {
            metadata.Set(GgufVocabulary.Prefix + "model", GgufValue.Of(GgufVocabulary.NoModel));
            return [$"{folder} has no tokenizer: the file will have none either"];
        }
        var notes = GgufTokenizerWriter.Write(folder, TokenizerLoader.Load(folder), vocabularySize, metadata);
        if (ChatTemplateFiles.Text(folder) is { } template) metadata.Set(ChatTemplateKey, GgufValue.Of(template));
        return notes;
    }
}
