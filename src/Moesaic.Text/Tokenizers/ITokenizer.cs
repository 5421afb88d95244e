namespace Moesaic.Text;

/// <summary>
/// Text to token ids and back. Instances are immutable and may be used by several threads at once.
/// </summary>
public interface ITokenizer
{
    /// <summary>The highest id + 1. A model may have more rows than this (padding), never fewer.</summary>
    int VocabularySize { get; }

    /// <summary>The token that opens a text, or null when the vocabulary has none.</summary>
    int? BosId { get; }

    /// <summary>The token that ends a text, or null when the vocabulary has none.</summary>
    int? EosId { get; }

    /// <summary>The token that fills a batch, or null when the vocabulary has none.</summary>
    int? PadId { get; }

    /// <summary>Ids of tokens that steer the model and are no text: left out by <see cref="Decode"/> unless asked for.</summary>
    IReadOnlySet<int> SpecialIds { get; }

    /// <summary>Encodes a text. Unpaired surrogates count as U+FFFD.</summary>
    /// <param name="text">The text, of any length; nothing is truncated.</param>
    /// <param name="addSpecial">Add BOS, EOS and the like where the tokenizer's own configuration puts them.</param>
    /// <param name="parseSpecial">
    /// Whether a special token's name inside the text (<c>&lt;|eot_id|&gt;</c>) becomes that token. Pass false for text
    /// from users: it is then ordinary characters and can not forge the structure of a conversation.
    /// </param>
    int[] Encode(string text, bool addSpecial = true, bool parseSpecial = true);

    /// <summary>
    /// Encodes a text with parts from strangers, without adding BOS and the like. Names of special tokens become tokens, but
    /// not those of which any character lies in such a part. Otherwise the ids are those of the whole text: words and merges
    /// reach across the borders.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="given">The character ranges of those parts, counted from the start, in order and disjoint.</param>
    int[] EncodeAround(string text, IReadOnlyList<Range> given);

    /// <summary>
    /// Encodes UTF-8. Invalid bytes become U+FFFD, one per maximal ill-formed part (tokenizer.json) or one per byte
    /// (SentencePiece), as the reference implementations do.
    /// </summary>
    /// <param name="utf8">The text's bytes, possibly invalid.</param>
    /// <param name="addSpecial">See <see cref="Encode(string, bool, bool)"/>.</param>
    /// <param name="parseSpecial">See <see cref="Encode(string, bool, bool)"/>.</param>
    int[] Encode(ReadOnlySpan<byte> utf8, bool addSpecial = true, bool parseSpecial = true);

    /// <summary>
    /// The text of a sequence. Bytes that form no character become U+FFFD; ids without a token (a model's padding
    /// rows) contribute nothing.
    /// </summary>
    string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true);

    /// <summary>
    /// The bytes a token stands for in the middle of a text: possibly part of a character; a special token's name in
    /// UTF-8; empty for an id without a token.
    /// </summary>
    ReadOnlySpan<byte> TokenBytes(int id);

    /// <summary>
    /// The id of a token by its name as written in the vocabulary (<c>&lt;s&gt;</c>, <c>Ġthe</c>, <c>▁the</c>), or null.
    /// </summary>
    int? IdOf(string token);
}
