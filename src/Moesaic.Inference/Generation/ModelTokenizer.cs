using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Text;

namespace Moesaic.Inference;

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

    /// <summary>Refuses a model beside another whose tokens are not the same.</summary>
    /// <param name="tokenizer">The tokenizer of the one.</param>
    /// <param name="folder">The folder of the other.</param>
    /// <exception cref="BadRequestException">An id stands for different bytes: what the two do with text does not compare.</exception>
    public static void RequireSame(ITokenizer tokenizer, string folder)
    {
        var other = TokenizerLoader.Load(folder);
        var count = Math.Min(tokenizer.VocabularySize, other.VocabularySize);
        for (var id = 0; id < count; id++)
            if (!tokenizer.TokenBytes(id).SequenceEqual(other.TokenBytes(id)))
                throw new BadRequestException($"{folder}: token {id} is \"{other.Decode([id], skipSpecial: false)}\" there and " +
                    $"\"{tokenizer.Decode([id], skipSpecial: false)}\" here: what the two models do with text does not compare. Take one with the same tokenizer.");
        if (tokenizer.VocabularySize != other.VocabularySize)
            throw new BadRequestException($"{folder}: its tokenizer has {other.VocabularySize} tokens, this model's {tokenizer.VocabularySize}: " +
                "what the two do with text does not compare. Take a model with the same tokenizer.");
    }
}
