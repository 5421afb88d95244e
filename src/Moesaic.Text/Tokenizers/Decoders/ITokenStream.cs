using System.Text;

namespace Moesaic.Text.Tokenizers;

/// <summary>A running decode: ids in, certain text out into the builder it was opened with.</summary>
interface ITokenStream
{
    void Push(int id);

    void Finish();
}

/// <summary>A tokenizer that knows how its tokens join into text, one at a time.</summary>
interface IStreamDecodable
{
    ITokenStream OpenStream(StringBuilder output, bool skipSpecial);
}

/// <summary>The stream of a tokenizer of which only the tokens' bytes are known.</summary>
sealed class ByteTokenStream(ITokenizer tokenizer, StringBuilder output, bool skipSpecial) : ITokenStream
{
    readonly Utf8Joiner joiner = new();

    public void Push(int id)
    {
        if (skipSpecial && tokenizer.SpecialIds.Contains(id)) return;
        joiner.Append(tokenizer.TokenBytes(id), output);
    }

    public void Finish() => joiner.Finish(output);
}
