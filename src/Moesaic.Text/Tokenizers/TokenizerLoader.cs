using Moesaic.Formats;
using Moesaic.Text.Tokenizers;

namespace Moesaic.Text;

/// <summary>Loads the tokenizer of a model folder.</summary>
public static class TokenizerLoader
{
    /// <summary>
    /// Reads tokenizer.json, together with the roles and added tokens that tokenizer_config.json,
    /// special_tokens_map.json and added_tokens.json declare. Saved truncation and padding settings are not applied,
    /// nor is `clean_up_tokenization_spaces`: both would change text behind the caller's back.
    /// </summary>
    /// <exception cref="BadModelException">A file is missing, damaged or uses what is not supported; nothing is ignored.</exception>
    public static ITokenizer Load(string folder)
    {
        var json = Path.Combine(folder, "tokenizer.json");
        if (!File.Exists(json))
            throw new BadModelException($"{folder} has no tokenizer.json. Give the folder of a model with its tokenizer.");
        var config = TokenizerConfig.Read(folder);
        var parts = TokenizerJsonReader.Read(JsonPart.Read(json), config.AddedTokens());
        return new PipelineTokenizer(parts, config.Roles(parts.Vocabulary.IdOf));
    }
}
