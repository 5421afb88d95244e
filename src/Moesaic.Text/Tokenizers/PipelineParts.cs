using System.Text;

namespace Moesaic.Text.Tokenizers;

/// <summary>The sections of a tokenizer.json.</summary>
sealed record PipelineParts
{
    public required Vocabulary Vocabulary { get; init; }

    public required BpeVocabulary Bpe { get; init; }

    public INormalizer? Normalizer { get; init; }

    public IPreTokenizer? PreTokenizer { get; init; }

    public required IDecoder Decoder { get; init; }

    /// <summary>Special tokens around a text.</summary>
    public Template Template { get; init; } = Template.Empty;

    /// <summary>How a token's name spells its bytes.</summary>
    public required Spelling Spelling { get; init; }

    public byte[] BytesOf(string name, bool literal) => Spelling switch
    {
        _ when literal => Encoding.UTF8.GetBytes(name),
        Spelling.ByteAlphabet => ByteAlphabet.ToBytes(name, literal),
        Spelling.Marked when ByteFallbackDecoder.ByteOf(name) is >= 0 and var value => [(byte)value],
        Spelling.Marked => Encoding.UTF8.GetBytes(name.Replace('▁', ' ')),
        _ => Encoding.UTF8.GetBytes(name),
    };
}

/// <summary>How the names of ordinary tokens spell the bytes they stand for.</summary>
enum Spelling
{
    /// <summary>As they are.</summary>
    Plain,

    /// <summary>In GPT-2's byte alphabet.</summary>
    ByteAlphabet,

    /// <summary>With ▁ for a space and <c>&lt;0xE2&gt;</c> for a byte.</summary>
    Marked,
}

/// <summary>The special tokens a post-processor puts before and behind a single text.</summary>
sealed record Template(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    public static readonly Template Empty = new([], []);
}
