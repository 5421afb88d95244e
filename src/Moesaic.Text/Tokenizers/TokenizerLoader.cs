using Moesaic.Formats;
using Moesaic.Text.Tokenizers;

namespace Moesaic.Text;

/// <summary>Loads the tokenizer of a model: of its folder or inside its GGUF file.</summary>
public static class TokenizerLoader
{
    /// <summary>
    /// Reads tokenizer.json, or else tokenizer.model (SentencePiece), together with the roles and added tokens that
    /// tokenizer_config.json, special_tokens_map.json and added_tokens.json declare. Saved truncation and padding
    /// settings are not applied, nor is `clean_up_tokenization_spaces`: both would change text behind the caller's back.
    /// A tokenizer.model adds BOS and no EOS to a text unless tokenizer_config.json says otherwise.
    /// For a GGUF file see <see cref="GgufTokenizer.Load"/>.
    /// </summary>
    /// <param name="path">A folder or a GGUF file.</param>
    /// <exception cref="BadModelException">A file is missing, damaged or uses what is not supported; nothing is ignored.</exception>
    public static ITokenizer Load(string path)
    {
        if (GgufFile.Is(path))
        {
            using var file = GgufFile.Open(path);
            return GgufTokenizer.Load(file.Metadata);
        }
        var json = Path.Combine(path, "tokenizer.json");
        var model = Path.Combine(path, "tokenizer.model");
        if (File.Exists(json))
        {
            var config = TokenizerConfig.Read(path);
            var parts = TokenizerJsonReader.Read(JsonPart.Read(json), config.AddedTokens());
            return new PipelineTokenizer(parts, config.Roles(parts.Vocabulary.IdOf));
        }
        if (File.Exists(model)) return new SentencePieceTokenizer(ReadModel(model), TokenizerConfig.Read(path));
        throw new BadModelException(
            $"{path} has neither tokenizer.json nor tokenizer.model. Give the folder of a model with its tokenizer.");
    }

    static SentencePieceModel ReadModel(string path)
    {
        try
        {
            return SentencePieceModel.Parse(File.ReadAllBytes(path), Path.GetFileName(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadModelException($"{path} can not be read: {e.Message}", e);
        }
    }
}
