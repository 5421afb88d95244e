using System.Runtime.Intrinsics;
using Moesaic.Text;

namespace Moesaic.Inference;

/// <summary>
/// The bytes of a vocabulary's tokens, arranged for finding those that a grammar allows. Built once per model (a fifth of a
/// second for 128 thousand tokens); immutable, for any thread.
/// </summary>
/// <remarks>
/// Special tokens, tokens that end a text, tokens without bytes and those of more than 254 bytes are no text: a grammar
/// allows such a token only where it names it (<see cref="Grammar.Token"/>).
/// </remarks>
public sealed class TokenTable
{
    const byte Never = 255;

    readonly byte[]?[] bytes;
    readonly byte[] insideLength;
    readonly byte[] closingLength;

    /// <summary>Reads the vocabulary.</summary>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="vocabularySize">V, the model's number of logits; ids from the tokenizer's size on are padding.</param>
    /// <param name="endOfText">Ids that end a text, see <see cref="EndOfText"/>.</param>
    public TokenTable(ITokenizer tokenizer, int vocabularySize, IReadOnlySet<int> endOfText)
    {
        VocabularySize = vocabularySize;
        bytes = new byte[]?[vocabularySize];
        var special = tokenizer.SpecialIds;
        for (var id = 0; id < Math.Min(vocabularySize, tokenizer.VocabularySize); id++)
        {
            if (special.Contains(id) || endOfText.Contains(id)) continue;
            var text = tokenizer.TokenBytes(id);
            if (text.Length is > 0 and < Never) bytes[id] = text.ToArray();
        }
        Tokens = new TokenTrie(from id in Enumerable.Range(0, vocabularySize) where bytes[id] is not null
                               select (id, new ReadOnlyMemory<byte>(bytes[id])));
        (insideLength, closingLength) = (new byte[vocabularySize + 31 & ~31], new byte[vocabularySize]);
        insideLength.AsSpan().Fill(Never);
        closingLength.AsSpan().Fill(Never);
        var behind = new List<(int, ReadOnlyMemory<byte>)>();
        for (var id = 0; id < vocabularySize; id++)
            if (bytes[id] is { } text) Scan(id, text, behind);
        BehindStrings = new TokenTrie(behind);
    }

    /// <summary>V, the number of logits.</summary>
    public int VocabularySize { get; }

    /// <summary>All tokens that are text.</summary>
    internal TokenTrie Tokens { get; }

    /// <summary>Of tokens that, begun inside a JSON string, end it: the bytes behind the closing quote.</summary>
    internal TokenTrie BehindStrings { get; }

    /// <summary>The bytes of a token; empty for one that is no text.</summary>
    internal ReadOnlySpan<byte> Bytes(int token) => (uint)token < (uint)bytes.Length ? bytes[token] : [];

    /// <summary>Whether a token of <see cref="BehindStrings"/> ends a string that needs so many code points more and has room for so many.</summary>
    internal bool Closes(int token, int need, int room) => closingLength[token] >= need && closingLength[token] <= room;

    /// <summary>Adds the tokens that, begun inside a JSON string, do not leave it and start at most so many code points.</summary>
    internal void AddInside(int room, Span<uint> allowed)
    {
        var most = Vector256.Create((byte)Math.Min(room, Never - 1));
        for (var word = 0; word < allowed.Length; word++)
        {
            var lengths = Vector256.Create(insideLength.AsSpan(word * 32, 32));
            allowed[word] |= Vector256.LessThanOrEqual(lengths, most).ExtractMostSignificantBits();
        }
    }

    void Scan(int id, byte[] text, List<(int, ReadOnlyMemory<byte>)> behind)
    {
        int state = JsonStringBytes.Body, length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var next = JsonStringBytes.Next(state, text[i]);
            if (next == JsonStringBytes.Dead) return;
            if (next == JsonStringBytes.Closed)
            {
                closingLength[id] = (byte)length;
                behind.Add((id, text.AsMemory(i + 1)));
                return;
            }
            if (state == JsonStringBytes.Body) length++;
            state = next;
        }
        insideLength[id] = (byte)length;
    }
}
