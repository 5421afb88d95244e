using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Text;

namespace Moesaic.Methods.Data;

/// <summary>The tokenizer of a model folder, checked against the model.</summary>
public static class ModelTokenizer
{
    /// <summary>Loads the tokenizer that lies beside a model.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="spec">The model's shape.</param>
    /// <exception cref="BadModelException">There is none, it is damaged, or it has ids that the model has no embedding for.</exception>
    public static ITokenizer Load(string folder, ModelSpec spec)
    {
        var tokenizer = TokenizerLoader.Load(folder);
        return tokenizer.VocabularySize <= spec.VocabularySize ? tokenizer : throw new BadModelException(
            $"{folder}: the tokenizer has ids up to {tokenizer.VocabularySize - 1}, the model embeddings for {spec.VocabularySize} " +
            "tokens: they do not belong together. Take the tokenizer from where the model comes from.");
    }
}
