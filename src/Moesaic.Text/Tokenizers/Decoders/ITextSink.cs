using System.Text;

namespace Moesaic.Text.Tokenizers;

/// <summary>
/// A link of the decoder chain. A token arrives as Begin, some Text, End; Finish closes the sequence. A link passes on
/// what is certain as early as it can, so that the same code decodes a whole sequence and a stream.
/// </summary>
interface ITextSink
{
    /// <param name="literal">The token is an added token: its characters are text, not an encoding of bytes.</param>
    void Begin(bool literal);

    void Text(ReadOnlySpan<char> text);

    void End();

    void Finish();
}

/// <summary>A decoder of tokenizer.json: makes a fresh link that feeds the next one.</summary>
interface IDecoder
{
    ITextSink Open(ITextSink next);
}

/// <summary>The end of the chain.</summary>
sealed class BuilderSink(StringBuilder output) : ITextSink
{
    public void Begin(bool literal) { }

    public void Text(ReadOnlySpan<char> text) => output.Append(text);

    public void End() { }

    public void Finish() { }
}
